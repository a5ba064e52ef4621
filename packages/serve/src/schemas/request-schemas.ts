import type { ServerLimits } from '../limits.js';
import { type JsonSchema, steeringSchema } from './steering-schema.js';

/** Examples of each side of a value; how many are enough is what makes it says. */
const [FEWEST_EXAMPLES, MOST_EXAMPLES] = [2, 100];
const MOST_STOPS = 16;
const MOST_TOP_LOGPROBS = 20;
const MOST_TOOLS = 64;

/** Fields that both kinds of completions have. */
function decodingFields(limits: ServerLimits): JsonSchema {
  return {
    response_format: {
      type: ['object', 'null'],
      description:
        'The structure that answers have: { type: "text" }, { type: "json_object" }, or { type: "json_schema", json_schema: { schema } }.',
    },
    model: { type: 'string', description: 'One of GET /v1/models.' },
    n: { type: 'integer', minimum: 1, maximum: limits.maxCompletions },
    seed: {
      type: 'integer',
      minimum: Number.MIN_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The same seed gives the same text. Without one the server takes any, and says which.',
    },
    stop: {
      anyOf: [
        { type: 'string', minLength: 1, maxLength: 256 },
        { type: 'array', maxItems: MOST_STOPS, items: { type: 'string', minLength: 1, maxLength: 256 } },
      ],
    },
    max_tokens: { type: 'integer', minimum: 1, maximum: limits.maxTokens },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    top_p: { type: 'number', minimum: 0, maximum: 1 },
    top_k: { type: 'integer', minimum: 1, maximum: limits.maxCandidates },
    repetition_penalty: { type: 'number', exclusiveMinimum: 0, maximum: 10 },
    logit_bias: {
      type: 'object',
      maxProperties: 1024,
      propertyNames: { pattern: String.raw`^(0|[1-9]\d{0,9})$` },
      additionalProperties: { type: 'number', minimum: -100, maximum: 100 },
    },
    stream: { type: 'boolean' },
    stream_options: { type: 'object', properties: { include_usage: { type: 'boolean' } } },
    halfspace: steeringSchema(limits),
  };
}

/** Messages of a conversation. What they may hold besides texts is looked at by hand, for errors that say why not. */
export function messagesSchema({ maxMessages }: ServerLimits): JsonSchema {
  return {
    type: 'array',
    minItems: 1,
    maxItems: maxMessages,
    description:
      'The conversation. Where the last message is of the assistant, the completion goes on with it.',
    items: {
      type: 'object',
      required: ['role'],
      properties: {
        role: { enum: ['system', 'developer', 'user', 'assistant', 'tool'] },
        tool_call_id: { type: 'string', maxLength: 256 },
        content: {
          anyOf: [
            { type: 'string' },
            { type: 'null' },
            {
              type: 'array',
              maxItems: 1024,
              items: {
                type: 'object',
                required: ['type'],
                properties: { type: { type: 'string' }, text: { type: 'string' } },
              },
            },
          ],
        },
      },
    },
  };
}

/** Schemas of the bodies of requests, by name. */
export function requestSchemas(limits: ServerLimits): Readonly<Record<RequestName, JsonSchema>> {
  const messages = messagesSchema(limits);
  const text = { type: 'string' };
  const model = { type: 'string' };
  const examples = {
    type: 'array',
    minItems: FEWEST_EXAMPLES,
    maxItems: MOST_EXAMPLES,
    items: { type: 'string', minLength: 1, maxLength: 4000 },
  };
  return {
    ChatCompletionRequest: {
      type: 'object',
      required: ['model', 'messages'],
      properties: {
        ...decodingFields(limits),
        messages,
        tools: {
          type: 'array',
          maxItems: MOST_TOOLS,
          description:
            'Functions that the model may call, where its chat template knows tools: { type: "function", function: { name, description, parameters } }.',
          items: { type: 'object' },
        },
        tool_choice: {
          description:
            '"none", "auto" (the default), "required", or { type: "function", function: { name } }.',
        },
        parallel_tool_calls: { description: 'Whether an answer may have several calls (default true).' },
        max_completion_tokens: { type: 'integer', minimum: 1, maximum: limits.maxTokens },
        logprobs: { type: 'boolean' },
        top_logprobs: { type: 'integer', minimum: 0, maximum: MOST_TOP_LOGPROBS },
      },
    },
    CompletionRequest: {
      type: 'object',
      required: ['model', 'prompt'],
      properties: {
        ...decodingFields(limits),
        prompt: {
          anyOf: [text, { type: 'array', minItems: 1, maxItems: limits.maxCompletions, items: text }],
        },
        logprobs: { type: 'integer', minimum: 0, maximum: MOST_TOP_LOGPROBS },
      },
    },
    TokenizeRequest: {
      type: 'object',
      properties: {
        model,
        content: text,
        prompt: text,
        messages,
        with_pieces: { type: 'boolean', description: 'Whether the text of each token is wanted.' },
      },
    },
    DetokenizeRequest: {
      type: 'object',
      required: ['tokens'],
      properties: {
        model,
        tokens: { type: 'array', maxItems: 2 ** 17, items: { type: 'integer', minimum: 0 } },
      },
    },
    ApplyTemplateRequest: {
      type: 'object',
      required: ['messages'],
      properties: { model, messages },
    },
    JudgeRequest: {
      type: 'object',
      required: ['completions'],
      properties: {
        prompt: text,
        completions: { type: 'array', minItems: 1, maxItems: limits.maxCompletions, items: text },
      },
    },
    ValueRequest: {
      type: 'object',
      required: ['name', 'good', 'bad'],
      properties: {
        name: { type: 'string', maxLength: 40, pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' },
        good: { ...examples, description: 'Texts that have the value.' },
        bad: { ...examples, description: 'Texts that lack it.' },
      },
    },
    ScoreRequest: {
      type: 'object',
      required: ['response'],
      properties: {
        model,
        prompt: text,
        messages,
        response: { ...text, description: 'The text that is scored, as it goes on from the prompt.' },
        measure: {
          type: 'array',
          maxItems: 256,
          items: text,
          description: 'Names of attributes (default: all that can be read off the model).',
        },
      },
    },
  };
}

/** Names of the bodies that requests may have. */
export type RequestName =
  | 'ChatCompletionRequest'
  | 'CompletionRequest'
  | 'TokenizeRequest'
  | 'DetokenizeRequest'
  | 'ApplyTemplateRequest'
  | 'ScoreRequest'
  | 'JudgeRequest'
  | 'ValueRequest';
