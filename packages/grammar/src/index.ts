export { grammarFilter } from './grammar-filter.js';
export { jsonSchemaFilter, jsonSchemaGrammar } from './json-schema-filter.js';
export type { JsonSchema, SchemaObject } from './schema/schema-object.js';
export { toolCallFilter, type ToolCallOptions } from './tools/tool-call-filter.js';
export { createToolCallReader, type ToolCallPart, type ToolCallReader } from './tools/tool-call-reader.js';
