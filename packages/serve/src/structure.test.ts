import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { toyServer } from './testing/toy-server.js';

const VOCABULARY = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), new Uint8Array()];
const messages = [{ role: 'user' as const, content: 'abc' }];
const schema = {
  type: 'object',
  properties: { kind: { enum: ['one', 'two'] }, count: { type: 'integer', minimum: 1, maximum: 20 } },
  required: ['kind', 'count'],
  additionalProperties: false,
};
const response_format = {
  type: 'json_schema' as const,
  json_schema: { name: 'thing', strict: true, schema },
};

async function client() {
  const all = await toyServer(
    { limits: { maxTokens: 200 } },
    { vocabulary: VOCABULARY, contextLength: 400, endLogit: 2 },
  );
  const send: typeof fetch = async (input, init) => all.server.fetch(new Request(input, init));
  const openai = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost/v1', fetch: send, maxRetries: 0 });
  return { ...all, openai };
}

interface Answer {
  readonly choices: readonly { readonly halfspace?: { readonly isComplete?: boolean } }[];
}

it('response_format gives documents of the schema, steered or not, whole or in parts', async () => {
  const { openai } = await client();
  const request = { model: 'toy', messages, response_format, seed: 1, n: 3 };
  for (const steered of [{}, { halfspace: { weights: { kind: 2 } } }]) {
    const answer = await openai.chat.completions.create({ ...request, ...steered });
    for (const { message, finish_reason } of answer.choices) {
      expect(finish_reason).toBe('stop');
      const { kind, count } = JSON.parse(message.content ?? '') as { kind: string; count: number };
      expect(['one', 'two']).toContain(kind);
      expect(count).toBeGreaterThanOrEqual(1);
      expect(count).toBeLessThanOrEqual(20);
    }
    expect((answer as unknown as Answer).choices.map(({ halfspace }) => halfspace?.isComplete)).toEqual([
      true,
      true,
      true,
    ]);
    const stream = await openai.chat.completions.create({ ...request, ...steered, n: 1, stream: true });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe(answer.choices[0].message.content);
  }
});

it('an answer that max_tokens cuts off says so', async () => {
  const { openai } = await client();
  const answer = await openai.chat.completions.create({
    model: 'toy',
    messages,
    response_format,
    max_tokens: 3,
  });
  expect(answer.choices[0].finish_reason).toBe('length');
  expect((answer as unknown as Answer).choices[0].halfspace?.isComplete).toBe(false);
});

it('json_object gives an object', async () => {
  const { openai } = await client();
  const format = { type: 'json_object' as const };
  const answer = await openai.chat.completions.create({
    model: 'toy',
    messages,
    response_format: format,
    max_tokens: 150,
    seed: 4,
    temperature: 0,
  });
  expect(answer.choices[0].message.content).toMatch(/^\{/);
});

it.each([
  [{ type: 'json_schema' }, 'response_format.json_schema.schema', /needs/],
  [
    { type: 'json_schema', json_schema: { schema: { not: {} } } },
    'response_format.json_schema.schema',
    /keyword not/,
  ],
  [{ type: 'xml' }, 'response_format', /one of text, json_object, json_schema/],
])('%j is refused by its field', async (format, param, message) => {
  const { ask, backend } = await client();
  const response = await ask('/v1/chat/completions', { model: 'toy', messages, response_format: format });
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { param: string; message: string } };
  expect(error.param).toBe(param);
  expect(error.message).toMatch(message);
  expect(backend.calls.next).toBe(0);
});
