import { OPTION_SCHEMAS } from '@halfspace/core';
import type { ServerLimits } from '../limits.js';

/** A schema, or a part of one, as JSON has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Options of `generate` that `halfspace` of a request has under the same names. */
const OPTIONS = [
  'weights',
  'measure',
  'formula',
  'bonus',
  'control',
  'cap',
  'lookAhead',
  'redraw',
  'trace',
  'earlyExit',
  'topK',
  'repetitionPenalty',
] as const;

/**
 * What `halfspace` of a request may say: the SDK's own schemas with what JSON has no word for in words, within the limits of the
 * server, and filters as data.
 */
export function steeringSchema({
  maxCandidates,
  maxAttempts,
  maxWords,
  maxFormula,
}: ServerLimits): JsonSchema {
  const options = Object.fromEntries(
    OPTIONS.map((name) => [name, forJson(OPTION_SCHEMAS[name], maxFormula)]),
  );
  const ids = { type: 'array', minItems: 1, maxItems: 4096, items: { type: 'integer', minimum: 0 } };
  return {
    type: 'object',
    description: 'How to steer. Names are those of GET /halfspace/attributes.',
    additionalProperties: false,
    properties: {
      ...options,
      topK: { type: 'integer', minimum: 1, maximum: maxCandidates },
      redraw: {
        ...(options['redraw'] as object),
        properties: {
          ...((options['redraw'] as { properties: object }).properties as object),
          maxAttempts: { type: 'integer', minimum: 1, maximum: maxAttempts },
        },
      },
      preset: { type: 'string', description: 'How far to go in words: a preset of GET /v1/models.' },
      filters: {
        type: 'array',
        maxItems: maxWords,
        description:
          'Rules that no completion breaks: a filter of the server by its name, words, or token ids.',
        items: {
          anyOf: [
            { type: 'string' },
            {
              type: 'object',
              additionalProperties: false,
              required: ['words'],
              properties: {
                words: {
                  type: 'array',
                  minItems: 1,
                  maxItems: maxWords,
                  items: { type: 'string', minLength: 1, maxLength: 64 },
                },
              },
            },
            { type: 'object', additionalProperties: false, required: ['allow'], properties: { allow: ids } },
            {
              type: 'object',
              additionalProperties: false,
              required: ['forbid'],
              properties: { forbid: ids },
            },
          ],
        },
      },
    },
  };
}

/** What a server may say of how requests are steered and decoded that say nothing else. */
export function serverSteeringSchema(limits: ServerLimits): JsonSchema {
  const { properties, ...rest } = steeringSchema(limits);
  const more = ['temperature', 'topP', 'logitBias', 'maxTokens'] as const;
  const decoding = Object.fromEntries(
    more.map((name) => [name, forJson(OPTION_SCHEMAS[name], limits.maxFormula)]),
  );
  return { ...rest, properties: { ...(properties as object), ...decoding } };
}

/** Infinity, which JSON has no number for, is `none`; texts are bounded, and defaults are the server's. */
function forJson(schema: unknown, maxLength: number): unknown {
  if (Array.isArray(schema)) return schema.map((each) => forJson(each, maxLength));
  if (typeof schema !== 'object' || schema === null) return schema;
  const fields = schema as Readonly<Record<string, unknown>>;
  if (fields['const'] === Infinity) return { const: 'none' };
  const entries = Object.entries(fields)
    .filter(([name, value]) => name !== 'default' || typeof value === 'object')
    .filter(([name]) => name !== 'default')
    .map(([name, value]) => [name, forJson(value, maxLength)] as const);
  const { type } = fields;
  const isText = type === 'string' || (Array.isArray(type) && type.includes('string'));
  return { ...Object.fromEntries(entries), ...(isText && { maxLength }) };
}
