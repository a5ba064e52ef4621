import type { Filter } from '@halfspace/core';
import { jsonSchemaFilter } from '@halfspace/grammar';
import { badRequest } from '../http/api-error.js';
import type { Body } from './validator.js';

/** What `response_format` may be. */
type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema?: { readonly schema?: Readonly<Record<string, unknown>> };
    };

const KINDS = ['text', 'json_object', 'json_schema'];

/**
 * The filters that `response_format` asks for. What it says besides the schema, such as `name` and `strict`, makes no difference: every
 * answer keeps to the schema.
 *
 * @throws ApiError 400; HalfspaceError `bad-schema`
 */
export function structureFilters({ response_format: given }: Body): Filter[] {
  if (given === undefined || given === null) return [];
  const format = given as ResponseFormat;
  if (!KINDS.includes(format.type)) {
    throw badRequest(
      'response_format',
      `The type of response_format must be one of ${KINDS.join(', ')}.`,
      'unsupported_value',
    );
  }
  if (format.type === 'text') return [];
  if (format.type === 'json_object') return [jsonSchemaFilter({ type: 'object' })];
  const schema = format.json_schema?.schema;
  if (typeof schema !== 'object' || schema === null) {
    throw badRequest(
      'response_format.json_schema.schema',
      'A response_format of the type json_schema needs { "json_schema": { "schema": { … } } }.',
    );
  }
  return [jsonSchemaFilter(schema)];
}
