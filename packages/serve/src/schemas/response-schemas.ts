import type { JsonSchema } from './steering-schema.js';

const text: JsonSchema = { type: 'string' };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const number: JsonSchema = { type: 'number' };
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const object = (
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
  additionalProperties: false,
});
const byName = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values });

const topLogprob = object({ token: text, logprob: number, bytes: list(count) });
const tokenLogprob = object({
  token: text,
  logprob: number,
  bytes: list(count),
  top_logprobs: list(topLogprob),
});
const chatLogprobs = orNull(object({ content: list(tokenLogprob), refusal: { type: 'null' } }));
const textLogprobs = orNull(
  object({
    tokens: list(text),
    token_logprobs: list(number),
    top_logprobs: orNull(list(byName(number))),
    text_offset: list(count),
  }),
);
const finishReason = { enum: ['stop', 'length', 'content_filter', 'tool_calls'] };
const toolCall = object({
  id: text,
  type: { const: 'function' },
  function: object({ name: text, arguments: text }),
});
const toolCallDelta = object(
  {
    index: count,
    id: text,
    type: { const: 'function' },
    function: object({ name: text, arguments: text }, ['name']),
  },
  ['id', 'type'],
);
const requestFigures = object({ seed: count, warnings: list(text) });
const chunkOf = (delta: JsonSchema, logprobs: JsonSchema) =>
  object(
    { index: count, ...delta, logprobs, finish_reason: orNull(finishReason), halfspace: ref('Figures') },
    ['halfspace'],
  );
const common = (kind: string) => ({
  id: text,
  object: { const: kind },
  created: count,
  model: text,
  system_fingerprint: text,
});

/** Schemas of the bodies of responses, by name. */
export const RESPONSE_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Error: object({
    error: object({ message: text, type: text, param: orNull(text), code: text }),
  }),
  Usage: object({
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    prompt_tokens_details: object({ cached_tokens: count }),
  }),
  Figures: {
    description:
      'Of a finished completion: mean and lowest margin of each attribute. Of a chunk: the margins after its last token.',
    ...object(
      {
        margins: byName({
          anyOf: [orNull(number), object({ mean: orNull(number), min: orNull(number) })],
        }),
        kl: { ...number, description: 'Nats by which the completion is further from the model, so far.' },
        klIsExact: { type: 'boolean' },
        evaluations: count,
        attempts: count,
        statuses: byName(count),
        warnings: list(text),
        error: object({ code: text, message: text }),
        trace: list({ type: 'object' }),
        settings: { type: 'object' },
      },
      ['klIsExact', 'attempts', 'statuses', 'warnings', 'error', 'trace', 'settings'],
    ),
  },
  ChatCompletion: object({
    ...common('chat.completion'),
    choices: list(
      object({
        index: count,
        message: object(
          {
            role: { const: 'assistant' },
            content: orNull(text),
            refusal: { type: 'null' },
            annotations: list({}),
            tool_calls: list(toolCall),
          },
          ['tool_calls'],
        ),
        logprobs: chatLogprobs,
        finish_reason: finishReason,
        halfspace: ref('Figures'),
      }),
    ),
    usage: ref('Usage'),
    halfspace: requestFigures,
  }),
  ChatCompletionChunk: object(
    {
      ...common('chat.completion.chunk'),
      choices: list(
        chunkOf(
          {
            delta: object(
              { role: text, content: text, refusal: { type: 'null' }, tool_calls: list(toolCallDelta) },
              ['role', 'content', 'refusal', 'tool_calls'],
            ),
          },
          chatLogprobs,
        ),
      ),
      usage: orNull(ref('Usage')),
      halfspace: requestFigures,
    },
    ['usage', 'halfspace'],
  ),
  Completion: object({
    ...common('text_completion'),
    choices: list(
      object({
        index: count,
        text,
        logprobs: textLogprobs,
        finish_reason: finishReason,
        halfspace: ref('Figures'),
      }),
    ),
    usage: ref('Usage'),
    halfspace: requestFigures,
  }),
  CompletionChunk: object(
    {
      ...common('text_completion'),
      choices: list(chunkOf({ text }, textLogprobs)),
      usage: orNull(ref('Usage')),
      halfspace: requestFigures,
    },
    ['usage', 'halfspace'],
  ),
  Model: object({
    id: text,
    object: { const: 'model' },
    created: count,
    owned_by: text,
    halfspace: object({ preset: text, context_length: count, fingerprint: text }, ['preset']),
  }),
  ModelList: object({ object: { const: 'list' }, data: list(ref('Model')) }),
  Health: object({ status: { enum: ['ok', 'loading', 'failed', 'stopping'] } }),
  Tokens: object({ tokens: list({}), count, max_model_len: count }),
  Text: object({ content: text, prompt: text }),
  Prompt: object({ prompt: text }),
  Attribute: object(
    {
      name: text,
      description: text,
      cap: { anyOf: [number, { const: 'none' }] },
      kind: { enum: ['linear', 'scoring'] },
      available: { type: 'boolean', description: 'Whether it can be read off the model.' },
      subspaces: list(object({ layers: list(count), early: { type: 'boolean' } })),
      heldOut: list({ type: 'object' }),
      card: text,
    },
    ['heldOut', 'card'],
  ),
  AttributeList: object({
    object: { const: 'list' },
    data: list(ref('Attribute')),
    judges: { ...list(text), description: 'Names of the judges of POST /halfspace/judge.' },
    takes_examples: { type: 'boolean', description: 'Whether POST /halfspace/values makes values.' },
  }),
  JudgeList: object({
    object: { const: 'list' },
    data: list(
      object({
        name: text,
        description: text,
        desired: { enum: ['low', 'high'] },
        threshold: number,
        scores: list(number),
      }),
    ),
  }),
  Value: object({ object: { const: 'halfspace.value' }, name: text }),
  Score: object({
    object: { const: 'halfspace.score' },
    model: text,
    margins: byName(object({ last: number, mean: number, min: number })),
    probability: byName(number),
  }),
};
