export { grammarFilter } from './grammar-filter.js';
export { jsonSchemaFilter, jsonSchemaGrammar } from './json-schema-filter.js';
export type { JsonSchema, SchemaObject } from './schema/schema-object.js';
