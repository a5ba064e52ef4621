import type { MaskFilter } from '@halfspace/contracts';
import { maskFilter } from './grammar-filter.js';
import { grammarText } from './grammar-text.js';
import { compileSchema } from './schema/compile-schema.js';
import type { JsonSchema } from './schema/schema-object.js';

/**
 * A filter that lets through nothing but JSON documents of a schema. Every completion parses and is valid, or, where `maxTokens` or a
 * stop text ends it, is the beginning of such a document: `isComplete` of a completion says which. It goes together with
 * everything that steers.
 *
 * Keywords of JSON Schema (2020-12, and what draft 7 calls otherwise) that cannot be kept are refused, and none is passed over: the
 * README has the list. Objects have the properties that the schema names, in its order.
 *
 * @param schema - An object, or `true` for any JSON. It is copied.
 * @throws HalfspaceError `bad-schema`, which says where and what
 */
export function jsonSchemaFilter(schema: JsonSchema): MaskFilter {
  return maskFilter('json-schema', jsonSchemaGrammar(schema));
}

/**
 * The grammar of documents of a JSON Schema, as {@link jsonSchemaFilter} uses it.
 *
 * @param schema - As there.
 * @returns Rules in EBNF, of which `root` is a document.
 * @throws HalfspaceError `bad-schema`
 */
export function jsonSchemaGrammar(schema: JsonSchema): string {
  return grammarText(() => compileSchema(schema), 'JSON Schema', 'bad-schema');
}
