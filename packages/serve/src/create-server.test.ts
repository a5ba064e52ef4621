import { Ajv2020 } from 'ajv/dist/2020.js';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { createServer } from './create-server.js';
import { eventsOf, toyServer } from './testing/toy-server.js';

const messages = [{ role: 'user', content: 'abc' }];

interface Document {
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, object> }> }>
  >;
  readonly components: { schemas: Record<string, object> };
}

/** Asks a server, and checks that the answer is what the document says of it. */
async function documented() {
  const toy = await toyServer({ metrics: true }, { endLogit: 0 });
  const document = await toy.json<Document>('/openapi.json');
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'doc');
  const check = (name: string, value: unknown) => {
    const valid = ajv.validate({ $ref: `doc#/components/schemas/${name}` }, value);
    expect({ name, value, errors: ajv.errors }).toMatchObject({ errors: valid ? null : 'none' });
  };
  return { ...toy, document, check };
}

describe('the OpenAPI document', () => {
  it('is valid, and has all that there is', async () => {
    const { document } = await documented();
    const { valid, errors } = await new Validator().validate(document as never);
    expect({ valid, errors }).toMatchObject({ valid: true });
    expect(Object.keys(document.paths).toSorted()).toEqual(
      [
        '/health',
        '/metrics',
        '/openapi.json',
        '/v1/models',
        '/v1/models/{model}',
        '/v1/chat/completions',
        '/v1/completions',
        '/tokenize',
        '/detokenize',
        '/apply-template',
        '/halfspace/attributes',
        '/halfspace/score',
        '/halfspace/judge',
        '/halfspace/values',
      ].toSorted(),
    );
  });

  it.each([
    ['/health', undefined, 'Health'],
    ['/v1/models', undefined, 'ModelList'],
    ['/v1/models/toy:strict', undefined, 'Model'],
    ['/halfspace/attributes', undefined, 'AttributeList'],
    ['/tokenize', { content: 'abc' }, 'Tokens'],
    ['/tokenize', { messages, with_pieces: true }, 'Tokens'],
    ['/detokenize', { tokens: [0, 1] }, 'Text'],
    ['/apply-template', { messages }, 'Prompt'],
    ['/halfspace/score', { response: 'ab', measure: ['kind'] }, 'Score'],
    ['/halfspace/score', { messages, response: 'ab', model: 'toy' }, 'Score'],
    ['/v1/chat/completions', { model: 'toy', messages }, 'ChatCompletion'],
    [
      '/v1/chat/completions',
      { model: 'toy', messages, n: 3, logprobs: true, top_logprobs: 3 },
      'ChatCompletion',
    ],
    ['/v1/chat/completions', { model: 'toy:strict', messages, halfspace: { trace: true } }, 'ChatCompletion'],
    ['/v1/completions', { model: 'toy', prompt: ['a', 'b'], n: 2, logprobs: 2 }, 'Completion'],
    ['/v1/completions', { model: 'toy:light', prompt: 'a' }, 'Completion'],
    ['/nowhere', undefined, 'Error'],
    ['/v1/completions', { model: 'toy' }, 'Error'],
  ])('says what %s answers to %j', async (path, body, name) => {
    const { json, check } = await documented();
    check(name, await json(path, body));
  });

  it.each([
    ['/v1/chat/completions', { model: 'toy', messages, n: 2, logprobs: true }, 'ChatCompletionChunk'],
    ['/v1/completions', { model: 'toy', prompt: ['a', 'b'], logprobs: 1 }, 'CompletionChunk'],
  ])('says what chunks %s sends', async (path, body, name) => {
    const { ask, check } = await documented();
    const events = await eventsOf(
      await ask(path, { ...body, stream: true, stream_options: { include_usage: true } }),
    );
    expect(events.pop()).toBe('[DONE]');
    expect(events.length).toBeGreaterThan(3);
    for (const event of events) check(name, JSON.parse(event));
  });
});

describe('a stream', () => {
  it('has the choices of several completions, each with its role, its text and one end', async () => {
    const { ask, json } = await toyServer();
    const body = { model: 'toy', messages, n: 3, seed: 5, max_tokens: 8, logprobs: true };
    const whole = await json<{
      choices: {
        index: number;
        message: { content: string };
        finish_reason: string;
        logprobs: { content: object[] };
      }[];
    }>('/v1/chat/completions', body);
    const response = await ask('/v1/chat/completions', { ...body, stream: true });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = (await eventsOf(response)).slice(0, -1).map((event) => JSON.parse(event) as never);
    type Choice = {
      index: number;
      delta: { role?: string; content?: string };
      finish_reason: string | null;
      logprobs: { content: object[] } | null;
    };
    const choices = (events as { choices: Choice[] }[]).flatMap((event) => event.choices);
    for (const { index, message, finish_reason, logprobs } of whole.choices) {
      const own = choices.filter((choice) => choice.index === index);
      expect(own[0].delta.role).toBe('assistant');
      expect(own.filter(({ delta }) => delta.role !== undefined)).toHaveLength(1);
      expect(own.map(({ delta }) => delta.content ?? '').join('')).toBe(message.content);
      expect(own.flatMap((each) => each.logprobs?.content ?? [])).toEqual(logprobs.content);
      expect(own.map((each) => each.finish_reason).filter((reason) => reason !== null)).toEqual([
        finish_reason,
      ]);
      expect(own.at(-1)?.finish_reason).toBe(finish_reason);
    }
    expect(events[0]).toMatchObject({ halfspace: { seed: 5, warnings: [] } });
    expect(events.slice(1).some((event) => 'halfspace' in (event as object))).toBe(false);
    expect(events.some((event) => 'usage' in (event as object))).toBe(false);
  });

  it('says the same seed the same text, in any company, and another without one', async () => {
    const { json } = await toyServer({}, { endLogit: -50 });
    const body = { model: 'toy', prompt: 'abc', max_tokens: 12 };
    const texts = async (more: object, count: number) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const { choices } = await json<{ choices: { text: string }[] }>('/v1/completions', {
            ...body,
            ...more,
          });
          return choices[0].text;
        }),
      );
    const [alone] = await texts({ seed: 9 }, 1);
    expect(new Set(await texts({ seed: 9 }, 20))).toEqual(new Set([alone]));
    expect(new Set(await texts({}, 8)).size).toBeGreaterThan(1);
    const first = await json<{ halfspace: { seed: number }; choices: { text: string }[] }>(
      '/v1/completions',
      body,
    );
    expect(await texts({ seed: first.halfspace.seed }, 1)).toEqual([first.choices[0].text]);
    const [below] = await texts({ seed: -1 }, 1);
    expect(await texts({ seed: -1 }, 1)).toEqual([below]);
  });

  it('is read only as fast as its client reads, and ends its work when the client leaves', async () => {
    const { ask, server, backend, log } = await toyServer(
      { limits: { maxTokens: 5000 } },
      { endLogit: -50, contextLength: 10_000 },
    );
    const response = await ask('/v1/completions', {
      model: 'toy',
      prompt: 'a',
      max_tokens: 5000,
      stream: true,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    const before = backend.calls.next;
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(backend.calls.next - before).toBeLessThan(40);
    expect(server.requests).toBe(1);
    await reader?.cancel();
    while (server.requests > 0 || backend.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(log).toMatchObject([{ status: 499, error: 'aborted' }]);
  });
});

describe('fields', () => {
  it('takes parts as text, developers as the system, and max_completion_tokens', async () => {
    const { json, halfspace } = await toyServer({}, { endLogit: -50 });
    const { choices } = await json<{ choices: { message: { content: string } }[] }>('/v1/chat/completions', {
      model: 'toy',
      messages: [
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'user', content: 'c', name: 'somebody' },
      ],
      max_completion_tokens: 3,
      max_tokens: null,
      stop: null,
      seed: 2,
    });
    const expected = await halfspace.complete({
      messages: [
        { role: 'system', content: 'ab' },
        { role: 'user', content: 'c' },
      ],
      maxTokens: 3,
      seed: 2,
    });
    expect(choices[0].message.content).toBe(expected.text);
  });

  it('samples as temperature, top_p, top_k and repetition_penalty say', async () => {
    const { json, halfspace } = await toyServer({}, { endLogit: -50 });
    const sampling = { temperature: 0.7, top_p: 0.6, top_k: 4, repetition_penalty: 1.5 };
    const body = { model: 'toy', prompt: 'abc', max_tokens: 10, seed: 2, n: 4 };
    const texts = async (more: object) =>
      (await json<{ choices: { text: string }[] }>('/v1/completions', { ...body, ...more })).choices.map(
        ({ text }) => text,
      );
    const own = { prompt: 'abc', maxTokens: 10, seed: 2, samples: 4 };
    const expected = async (more: object) =>
      (await halfspace.generate({ ...own, ...more })).map(({ text }) => text);
    expect(await texts(sampling)).toEqual(
      await expected({ temperature: 0.7, topP: 0.6, topK: 4, repetitionPenalty: 1.5 }),
    );
    expect(await texts({ temperature: 0 })).toEqual(await expected({ temperature: 0 }));
    expect(await texts({ top_p: 0 })).toEqual(await expected({ topK: 1 }));
    expect(await texts({ top_p: 1 })).toEqual(await expected({ topP: 1 }));
    expect(await texts({})).toEqual(await expected({}));
  });

  it('ignores what it does not know, and says so', async () => {
    const { json } = await toyServer();
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x${i}`, i]));
    const { halfspace } = await json<{ halfspace: { warnings: string[] } }>('/v1/chat/completions', {
      model: 'toy',
      messages,
      user: 'u',
      tools: [{ type: 'function' }],
      tool_choice: 'auto',
      frequency_penalty: 0,
      response_format: { type: 'text' },
      ['y'.repeat(300)]: 1,
      ...many,
    });
    expect(halfspace.warnings.slice(0, 3)).toEqual([
      'The field "user" was ignored.',
      'The field "tools" was ignored.',
      `The field "${'y'.repeat(64)}" was ignored.`,
    ]);
    expect(halfspace.warnings).toHaveLength(21);
    expect(halfspace.warnings.at(-1)).toBe('33 more fields were ignored.');
  });

  it('counts tokens of prompts once, and those that were known', async () => {
    const { json } = await toyServer();
    const { usage } = await json<{ usage: object }>('/v1/completions', {
      model: 'toy',
      prompt: ['abc', 'ab'],
      n: 2,
      max_tokens: 1,
    });
    expect(usage).toEqual({
      prompt_tokens: 5,
      completion_tokens: 4,
      total_tokens: 9,
      prompt_tokens_details: { cached_tokens: 0 },
    });
  });
});

describe('a model that is being loaded', () => {
  it('is said to be, and asked for later', async () => {
    const { halfspace } = await toyServer();
    let load: (found: typeof halfspace) => void = () => {};
    const server = createServer({ halfspace: new Promise<typeof halfspace>((resolve) => (load = resolve)) });
    const ask = async (path: string) => server.fetch(new Request(`http://localhost${path}`));
    expect((await ask('/health')).status).toBe(503);
    expect(await (await ask('/health')).json()).toEqual({ status: 'loading' });
    const early = await ask('/v1/models');
    expect(early.status).toBe(503);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('/openapi.json')).status).toBe(200);
    load(halfspace);
    await server.ready;
    expect(await (await ask('/health')).json()).toEqual({ status: 'ok' });
    expect(await (await ask('/v1/models')).json()).toMatchObject({ data: [{ id: 'toy' }, {}, {}, {}] });
  });

  it('is said to have failed, without why', async () => {
    const server = createServer({ halfspace: Promise.reject(new Error('/home/somebody/model')) });
    await expect(server.ready).rejects.toThrow('/home/somebody/model');
    const health = await server.fetch(new Request('http://localhost/health'));
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ status: 'failed' });
    const models = await (await server.fetch(new Request('http://localhost/v1/models'))).text();
    expect(models).not.toContain('somebody');
  });
});

describe('stopping', () => {
  it('finishes what is done in time, ends the rest, and says which', async () => {
    const { ask, server, backend, json } = await toyServer(
      { limits: { maxTokens: 5000 } },
      { endLogit: -50, contextLength: 10_000 },
    );
    const short = json<{ choices: { text: string }[] }>('/v1/completions', {
      model: 'toy',
      prompt: 'a',
      max_tokens: 3,
    });
    const long = await ask('/v1/completions', { model: 'toy', prompt: 'a', max_tokens: 5000, stream: true });
    const stopped = server.stop(50);
    expect((await ask('/health')).status).toBe(503);
    const late = await ask('/v1/completions', { model: 'toy', prompt: 'a' });
    expect(late.status).toBe(503);
    expect(await late.json()).toMatchObject({ error: { code: 'stopping' } });
    const events = await eventsOf(long);
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
      error: { code: 'stopping', type: 'server_error' },
    });
    expect((await short).choices[0].text).toHaveLength(3);
    expect(await stopped).toEqual({ finished: 1, cancelled: 1 });
    expect(backend.open).toBe(0);
  });

  it('waits for nobody where there is nothing', async () => {
    const { server } = await toyServer();
    expect(await server.stop()).toEqual({ finished: 0, cancelled: 0 });
  });
});

describe('figures for Prometheus', () => {
  it('are there where they are asked for', async () => {
    const { ask, json } = await toyServer({ metrics: true });
    await json('/v1/completions', {
      model: 'toy',
      prompt: 'abc',
      max_tokens: 2,
      halfspace: { weights: { kind: 1 } },
    });
    await eventsOf(
      await ask('/v1/completions', { model: 'toy', prompt: 'abc', max_tokens: 2, stream: true }),
    );
    await ask('/v1/nowhere/a-secret');
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await response.text();
    for (const name of [
      'halfspace_requests_total{route="complete",status="200"} 2',
      'halfspace_requests_total{route="none",status="404"} 1',
      'halfspace_prompt_tokens_total 6',
      'halfspace_completion_tokens_total 4',
      'halfspace_cached_tokens_total 0',
      'halfspace_evaluations_total',
      'halfspace_evaluations_per_token_count 2',
      'halfspace_kl_nats_total',
      'halfspace_queue_calls 0',
      'halfspace_queue_prompts 0',
      'halfspace_batch_size 0',
      'halfspace_requests_in_progress 0',
      'halfspace_first_event_seconds_count{route="complete"} 1',
      'halfspace_request_seconds_count{route="complete"} 2',
    ]) {
      expect(text).toContain(name);
    }
    expect(text).not.toContain('secret');
  });

  it('are not there else', async () => {
    const { ask } = await toyServer();
    expect((await ask('/metrics')).status).toBe(404);
  });
});

it('answers for the files of a page without a key, and for nothing else', async () => {
  const page = new Response('page');
  const pages = ({ url }: Request) => (new URL(url).pathname === '/' ? page.clone() : undefined);
  const { ask } = await toyServer({ pages, keys: ['sesame'], hosts: ['localhost'] });
  const found = await ask('/');
  expect([found.status, await found.text()]).toEqual([200, 'page']);
  expect((await ask('/other')).status).toBe(401);
  expect((await ask('/v1/models')).status).toBe(401);
  expect((await ask('/', undefined, { headers: { host: 'elsewhere' } })).status).toBe(403);
});
