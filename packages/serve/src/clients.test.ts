import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { toyServer, type ToyServer } from './testing/toy-server.js';

const KEY = 'secret';
const messages = [{ role: 'user' as const, content: 'abc' }];
const STEERED = { weights: { kind: 2 }, measure: ['calm'] };

/** The server as a client's `fetch`: no socket, and all that a client sends. */
function fetchOf({ server }: ToyServer): typeof fetch {
  return async (input, init) => server.fetch(new Request(input, init));
}

async function served(toy = {}) {
  const all = await toyServer({ keys: [KEY] }, toy);
  return { ...all, fetch: fetchOf(all) };
}

async function alone({ halfspace }: ToyServer, seed: number, more: object = {}) {
  return halfspace.complete({ messages, seed, maxTokens: 6, ...more });
}

describe('openai', () => {
  async function client(toy = {}) {
    const all = await served(toy);
    const openai = new OpenAI({
      apiKey: KEY,
      baseURL: 'http://localhost/v1',
      fetch: all.fetch,
      maxRetries: 0,
    });
    return { ...all, openai };
  }

  it('has models, texts, figures and usage', async () => {
    const { openai, ...all } = await client();
    const ids = (await openai.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual(['toy', 'toy:light', 'toy:balanced', 'toy:strict']);
    expect(await openai.models.retrieve('toy:light')).toMatchObject({ id: 'toy:light', object: 'model' });
    const body = { model: 'toy', messages, max_tokens: 6, seed: 7, halfspace: STEERED };
    const answer = await openai.chat.completions.create(body);
    const expected = await alone(all, 7, STEERED);
    expect(answer.choices[0].message.content).toBe(expected.text);
    expect(answer.choices[0]).toMatchObject({ halfspace: { margins: expected.margins, kl: expected.kl } });
    expect(answer.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: expected.tokens.length });
  });

  it('streams what it gives at once, with log-probabilities, margins and usage', async () => {
    const { openai, ...all } = await client();
    const body = {
      model: 'toy',
      messages,
      max_tokens: 6,
      seed: 7,
      logprobs: true,
      top_logprobs: 2,
      halfspace: STEERED,
    };
    const stream = await openai.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    const whole = await openai.chat.completions.create(body);
    let text = '';
    const logprobs: unknown[] = [];
    const margins: number[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
      for (const choice of chunk.choices) {
        text += choice.delta.content ?? '';
        logprobs.push(...(choice.logprobs?.content ?? []));
        const { halfspace } = choice as unknown as { halfspace?: { margins: { kind: unknown } } };
        if (typeof halfspace?.margins.kind === 'number') margins.push(halfspace.margins.kind);
      }
    }
    const expected = await alone(all, 7, STEERED);
    expect(text).toBe(expected.text);
    expect(logprobs).toEqual(whole.choices[0].logprobs?.content);
    expect(usage).toEqual(whole.usage);
    expect(Math.min(...margins)).toBe(expected.margins['kind'].min);
  });

  it('completes texts, and takes n, stop and biases', async () => {
    const { openai, halfspace } = await client({ endLogit: -50 });
    const body = { model: 'toy', prompt: 'ab', seed: 3, max_tokens: 8, n: 3, stop: ['d', 'ee'] };
    const { choices } = await openai.completions.create(body);
    const expected = await halfspace.generate({
      prompt: 'ab',
      seed: 3,
      maxTokens: 8,
      samples: 3,
      stop: ['d', 'ee'],
    });
    expect(choices.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual(
      expected.map(({ finishReason }) => finishReason),
    );
    const biased = await openai.completions.create({ ...body, n: 1, stop: null, logit_bias: { 2: 100 } });
    expect(biased.choices[0].text).toBe('cccccccc');
  });

  it('goes on with a turn that was begun', async () => {
    const { openai, halfspace } = await client({ endLogit: -50 });
    const begun = [...messages, { role: 'assistant' as const, content: 'ab' }];
    const options = { model: 'toy', messages: begun, seed: 1, max_tokens: 4 };
    const { choices } = await openai.chat.completions.create(options);
    expect(choices[0].message.content).toBe(
      (await halfspace.complete({ messages: begun, seed: 1, maxTokens: 4 })).text,
    );
  });

  it('ends the work when a stream is left or aborted', async () => {
    const { openai, server, backend } = await client({ endLogit: -50, contextLength: 100_000 });
    const body = { model: 'toy', messages, max_tokens: 32, stream: true } as const;
    const left = await openai.chat.completions.create(body);
    for await (const _ of left) break;
    const controller = new AbortController();
    const aborted = await openai.chat.completions.create(body, { signal: controller.signal });
    await expect(
      (async () => {
        for await (const _ of aborted) controller.abort();
      })(),
    ).resolves.toBeUndefined();
    const waiting = openai.chat.completions.create({ ...body, stream: false }, { signal: controller.signal });
    await expect(waiting).rejects.toThrow(/abort/i);
    while (server.requests > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    while (backend.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('knows errors by their status and field', async () => {
    const { openai, fetch } = await client();
    const bad = openai.chat.completions.create({ model: 'toy', messages, temperature: 9 });
    await expect(bad).rejects.toMatchObject({
      status: 400,
      param: 'temperature',
      type: 'invalid_request_error',
    });
    await expect(bad).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(openai.models.retrieve('gpt-5')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const other = new OpenAI({ apiKey: 'wrong', baseURL: 'http://localhost/v1', fetch, maxRetries: 0 });
    await expect(other.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it('hears of an error in the middle of a stream', async () => {
    const { openai } = await client({ endLogit: -50, breakAfter: 3 });
    const stream = await openai.chat.completions.create({
      model: 'toy',
      messages,
      stream: true,
      halfspace: STEERED,
    } as never);
    const read = (async () => {
      for await (const _ of stream as unknown as AsyncIterable<unknown>);
    })();
    await expect(read).rejects.toMatchObject({ code: 'not-finite', type: 'server_error' });
  });
});

describe('ai with @ai-sdk/openai-compatible', () => {
  async function provider() {
    const all = await served();
    const halfspace = createOpenAICompatible({
      name: 'halfspace',
      apiKey: KEY,
      baseURL: 'http://localhost/v1',
      fetch: all.fetch,
      includeUsage: true,
      metadataExtractor: {
        extractMetadata: async ({ parsedBody }) => {
          const { choices } = parsedBody as { choices: { halfspace: object }[] };
          return { halfspace: choices[0].halfspace as Record<string, never> };
        },
        createStreamExtractor: () => {
          let last: object = {};
          return {
            processChunk(chunk) {
              const [choice] = (chunk as { choices: { halfspace?: object }[] }).choices;
              last = choice?.halfspace ?? last;
            },
            buildMetadata: () => ({ halfspace: last as Record<string, never> }),
          };
        },
      },
    });
    return { ...all, model: halfspace('toy') };
  }

  const options = {
    seed: 7,
    maxOutputTokens: 6,
    prompt: 'abc',
    providerOptions: { halfspace: { halfspace: STEERED } },
  };

  it('generates, with margins in the metadata', async () => {
    const { model, ...all } = await provider();
    const expected = await alone(all, 7, STEERED);
    const { text, usage, providerMetadata } = await generateText({ ...options, model });
    expect(text).toBe(expected.text);
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: expected.tokens.length });
    expect(providerMetadata?.['halfspace']).toMatchObject({ margins: expected.margins });
  });

  it('streams', async () => {
    const { model, ...all } = await provider();
    const expected = await alone(all, 7, STEERED);
    const { textStream, usage, providerMetadata } = streamText({ ...options, model });
    let text = '';
    for await (const part of textStream) text += part;
    expect(text).toBe(expected.text);
    expect(await usage).toMatchObject({ inputTokens: 3, outputTokens: expected.tokens.length });
    expect((await providerMetadata)?.['halfspace']).toMatchObject({ margins: expected.margins });
  });
});

describe('@langchain/openai', () => {
  async function chatModel() {
    const all = await served();
    const model = new ChatOpenAI({
      model: 'toy',
      apiKey: KEY,
      maxTokens: 6,
      maxRetries: 0,
      modelKwargs: { halfspace: STEERED, seed: 7 },
      configuration: { baseURL: 'http://localhost/v1', fetch: all.fetch },
    });
    return { ...all, model };
  }

  it('invokes', async () => {
    const { model, ...all } = await chatModel();
    const expected = await alone(all, 7, STEERED);
    const answer = await model.invoke('abc');
    expect(answer.content).toBe(expected.text);
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 3, output_tokens: expected.tokens.length });
  });

  it('streams', async () => {
    const { model, ...all } = await chatModel();
    const expected = await alone(all, 7, STEERED);
    let text = '';
    for await (const part of await model.stream([['human', 'abc']])) text += part.text;
    expect(text).toBe(expected.text);
  });
});
