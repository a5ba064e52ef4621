import { tool } from '@langchain/core/tools';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, tool as aiTool } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { toyServer } from './testing/toy-server.js';

const VOCABULARY = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), new Uint8Array()];
const HERMES = {
  open: '<tool_call>\n',
  close: '\n</tool_call>',
  between: '\n</tool_call>\n<tool_call>\n',
  argumentsKey: 'arguments',
};
const LLAMA = { open: '', close: '', argumentsKey: 'parameters' };
const messages = [{ role: 'user' as const, content: 'abc' }];
const parameters = {
  type: 'object',
  properties: { mood: { enum: ['calm', 'glad'] }, count: { type: 'integer', minimum: 1, maximum: 20 } },
  required: ['mood', 'count'],
};
const look = { type: 'function' as const, function: { name: 'look', description: 'Looks.', parameters } };
const stop = {
  type: 'function' as const,
  function: { name: 'stop', parameters: { type: 'object', properties: {} } },
};

const clients = new Map<object, ReturnType<typeof openClient>>();

/** A server each for all tests, because to make one takes longer than what is asked of it. */
async function client(toolCalls: typeof HERMES | typeof LLAMA = HERMES) {
  const made = clients.get(toolCalls) ?? openClient(toolCalls);
  clients.set(toolCalls, made);
  return made;
}

async function openClient(toolCalls: typeof HERMES | typeof LLAMA) {
  const all = await toyServer(
    { limits: { maxTokens: 400 } },
    { vocabulary: VOCABULARY, contextLength: 1200, endLogit: 2.5, toolCalls },
  );
  const send: typeof fetch = async (input, init) => all.server.fetch(new Request(input, init));
  const openai = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost/v1', fetch: send, maxRetries: 0 });
  return { ...all, openai, send };
}

function expectCall({ name, arguments: given }: { name: string; arguments: string }) {
  const found = JSON.parse(given) as { mood?: string; count?: number };
  if (name === 'stop') return expect(found).toEqual({});
  expect(name).toBe('look');
  expect(['calm', 'glad']).toContain(found.mood);
  expect(found.count).toBeGreaterThanOrEqual(1);
  return expect(found.count).toBeLessThanOrEqual(20);
}

describe.each([
  ['between tags', HERMES],
  ['as an object', LLAMA],
])('calls of tools %s', (_, format) => {
  it('keep to their schemas, steered or not, whole or in parts', async () => {
    const { openai } = await client(format);
    for (const steered of [{}, { halfspace: { weights: { kind: 2 } } }]) {
      const body = {
        model: 'toy',
        messages,
        tools: [look, stop],
        tool_choice: 'required' as const,
        seed: 3,
        ...steered,
      };
      const [choice] = (await openai.chat.completions.create({ ...body, parallel_tool_calls: false }))
        .choices;
      expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
      expect(choice.message.tool_calls).toHaveLength(1);
      const [call] = choice.message.tool_calls ?? [];
      if (call.type !== 'function') throw new Error(call.type);
      expect(call.id).toMatch(/^call_\w+$/);
      expectCall(call.function);

      const stream = openai.chat.completions.stream({ ...body, parallel_tool_calls: false });
      const streamed = (await stream.finalChatCompletion()).choices[0];
      expect(streamed.finish_reason).toBe('tool_calls');
      expect(streamed.message.tool_calls?.[0]).toMatchObject({
        function: { name: call.function.name, arguments: call.function.arguments },
      });
    }
  });

  it('are of the function that is named', async () => {
    const { openai } = await client(format);
    for (const name of ['look', 'stop']) {
      const tool_choice = { type: 'function' as const, function: { name } };
      const { choices } = await openai.chat.completions.create({
        model: 'toy',
        messages,
        tools: [look, stop],
        tool_choice,
        seed: 1,
      });
      expect(choices[0].message.tool_calls).toMatchObject([{ function: { name } }]);
    }
  });

  it('are not begun where they are not called for', async () => {
    const { openai } = await client(format);
    for (let seed = 0; seed < 2; seed++) {
      const body = { model: 'toy', messages, tools: [look], seed, max_tokens: 30 };
      const { choices } = await openai.chat.completions.create(body);
      expect(choices[0].message.tool_calls).toBeUndefined();
      expect(choices[0].message.content).not.toBe('');
      const stream = openai.chat.completions.stream(body);
      expect((await stream.finalChatCompletion()).choices[0].message.content).toBe(
        choices[0].message.content,
      );
    }
  });
});

it('several calls are made where the template knows that', async () => {
  const { openai } = await client();
  // Without an end the model goes on with another call.
  const { choices } = await openai.chat.completions.create({
    model: 'toy',
    messages,
    tools: [stop],
    tool_choice: 'required',
    logit_bias: { 256: -100 },
    max_tokens: 150,
  });
  const calls = choices[0].message.tool_calls ?? [];
  expect(calls.length).toBeGreaterThan(1);
  for (const call of calls.slice(0, -1)) if (call.type === 'function') expectCall(call.function);
});

it('the model reads calls and what tools answer', async () => {
  const { openai, json } = await client();
  const call = {
    id: 'c1',
    type: 'function' as const,
    function: { name: 'look', arguments: '{"mood":"calm","count":2}' },
  };
  const turns = [
    ...messages,
    { role: 'assistant' as const, content: null, tool_calls: [call] },
    { role: 'tool' as const, tool_call_id: 'c1', content: 'found' },
  ];
  const { choices } = await openai.chat.completions.create({ model: 'toy', messages: turns, max_tokens: 3 });
  expect(choices).toHaveLength(1);
  const { prompt } = await json<{ prompt: string }>('/apply-template', { messages: turns });
  expect(prompt).toContain('"arguments":{"mood":"calm","count":2}');
});

it('cut off calls are given as far as they are written', async () => {
  const { openai } = await client();
  const { choices } = await openai.chat.completions.create({
    model: 'toy',
    messages,
    tools: [look],
    tool_choice: 'required',
    max_tokens: 45,
  });
  expect(choices[0]).toMatchObject({
    finish_reason: 'length',
    message: { tool_calls: [{ function: { name: 'look' } }] },
  });
});

it.each<[string, object, RegExp]>([
  ['tool_choice', { tool_choice: 'required' }, /no tools/],
  [
    'tool_choice',
    { tools: [look], tool_choice: { type: 'function', function: { name: 'nix' } } },
    /no tool "nix"/,
  ],
  ['tool_choice', { tools: [look], tool_choice: 'sometimes' }, /must be/],
  ['tools', { tools: [{ ...look, function: { name: 'a b' } }] }, /name of a tool/],
  ['tools.0', { tools: [{ type: 'function' }] }, /A tool has/],
  [
    'tools',
    { tools: [{ ...look, function: { name: 'x', parameters: { not: {} } } }] },
    /tool x: .*keyword not/,
  ],
  ['response_format', { tools: [look], response_format: { type: 'json_object' } }, /goes with tools/],
  [
    'messages',
    { tools: [look], messages: [...messages, { role: 'assistant', content: 'a' }] },
    /last message/,
  ],
  [
    'messages.1.tool_calls',
    {
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: [{ function: { name: 'a', arguments: '{}' } }] },
      ],
    },
    /are answered/,
  ],
  [
    'messages.1.tool_calls.0.function',
    {
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: [{ function: { name: 'a', arguments: '{' } }] },
        ...messages,
      ],
    },
    /JSON of an object/,
  ],
])('%s is refused: %j', async (param, fields, message) => {
  const { ask, backend } = await client();
  const before = backend.calls.next;
  const response = await ask('/v1/chat/completions', { model: 'toy', messages, ...fields });
  const { error } = (await response.json()) as { error: { param: string; message: string } };
  expect([response.status, error.param]).toEqual([400, param]);
  expect(error.message).toMatch(message);
  expect(backend.calls.next).toBe(before);
});

it('a model whose template knows no tools is not made to call any', async () => {
  const plain = await toyServer();
  for (const tool_choice of ['required', { type: 'function', function: { name: 'look' } }]) {
    const response = await plain.ask('/v1/chat/completions', {
      model: 'toy',
      messages,
      tools: [look],
      tool_choice,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { param: 'tool_choice', message: expect.stringContaining('knows no tools') },
    });
  }
});

it('LangChain binds tools', async () => {
  const { send } = await client();
  const model = new ChatOpenAI({
    model: 'toy',
    apiKey: 'none',
    configuration: { baseURL: 'http://localhost/v1', fetch: send },
  });
  const bound = model.bindTools(
    [
      tool(() => 'seen', {
        name: 'look',
        description: 'Looks.',
        schema: z.object({ mood: z.enum(['calm', 'glad']) }),
      }),
    ],
    { tool_choice: 'required', parallel_tool_calls: false },
  );
  const { tool_calls: calls } = await bound.invoke('What is there?');
  expect(calls).toMatchObject([{ name: 'look', args: { mood: expect.stringMatching(/calm|glad/) } }]);
});

it('the AI SDK calls tools by way of its provider for such servers', async () => {
  const { send } = await client();
  const provider = createOpenAICompatible({ name: 'halfspace', baseURL: 'http://localhost/v1', fetch: send });
  const { toolCalls, finishReason } = await generateText({
    model: provider('toy'),
    prompt: 'What is there?',
    tools: { look: aiTool({ inputSchema: z.object({ mood: z.enum(['calm', 'glad']) }) }) },
    toolChoice: 'required',
  });
  expect(finishReason).toBe('tool-calls');
  expect(toolCalls[0]).toMatchObject({
    toolName: 'look',
    input: { mood: expect.stringMatching(/calm|glad/) },
  });
});
