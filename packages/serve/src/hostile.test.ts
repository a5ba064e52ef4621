import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyServer } from './testing/toy-server.js';

const messages = [{ role: 'user', content: 'abc' }];
const PATHS = [
  '/v1/chat/completions',
  '/v1/completions',
  '/tokenize',
  '/detokenize',
  '/apply-template',
  '/halfspace/score',
];

/** Values that fields may be given that expect others. */
const value = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.constantFrom(
    null,
    '',
    '\u0000',
    '\ud800',
    '😀',
    '../../etc/passwd',
    'file:///etc/passwd',
    './attribute.js',
    '__proto__',
    'constructor',
    -1,
    0,
    0.5,
    1e308,
    -0,
    2 ** 53,
    '1',
    [],
    {},
    [[]],
    { toString: 1 },
    { length: 1e9 },
    '(a+)+$',
    '{{ range(10**9) }}',
  ),
);
const field = fc.constantFrom(
  'model',
  'messages',
  'prompt',
  'n',
  'seed',
  'stop',
  'max_tokens',
  'temperature',
  'top_p',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'stream',
  'stream_options',
  'halfspace',
  'content',
  'tokens',
  'response',
  'measure',
  'tools',
  '__proto__',
);
const steering = fc.dictionary(
  fc.constantFrom(
    'weights',
    'measure',
    'formula',
    'control',
    'cap',
    'redraw',
    'filters',
    'trace',
    'topK',
    'preset',
    'bonus',
    'x',
  ),
  fc.oneof(
    value,
    fc.dictionary(
      fc.constantFrom('kind', 'calm', 'far', '__proto__', 'mode', 'ifMeanBelow', 'weight'),
      value,
    ),
    fc.array(fc.oneof(value, fc.record({ words: fc.array(value, { maxLength: 3 }) }))),
  ),
);

describe('whatever is asked for', () => {
  it('is answered, and never with 500', async () => {
    const { ask, server, backend } = await toyServer();
    const base = {
      model: 'toy',
      messages,
      prompt: 'ab',
      max_tokens: 2,
      content: 'a',
      tokens: [0],
      response: 'a',
    };
    const changes = fc.dictionary(field, value, { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATHS),
        changes,
        fc.option(steering),
        async (path, changed, halfspace) => {
          const body = { ...base, ...(halfspace && { halfspace }), ...changed };
          const response = await ask(path, JSON.stringify(body));
          const text = await response.text();
          expect({ path, body, status: response.status, text }).not.toMatchObject({
            status: expect.toSatisfy((status: number) => status >= 500),
          });
          expect(text).not.toMatch(/node_modules|\.js:\d|\.ts:\d/);
          if (response.status !== 200)
            expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) } });
          expect(text).not.toMatch(/"server_error"/);
        },
      ),
      { numRuns: 500 },
    );
    expect(server.requests).toBe(0);
    expect(backend.open).toBe(0);
  });

  it('may be any bytes', async () => {
    const { ask } = await toyServer({ limits: { maxBodyBytes: 2000 } });
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .string({ maxLength: 300 })
        .map((text) => new TextEncoder().encode(`{"model":"toy","prompt":${text}}`)),
    );
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const response = await ask('/v1/completions', undefined, {
          method: 'POST',
          body: bytes as never,
          headers: { 'content-type': 'application/json' },
        });
        expect([400, 404, 413]).toContain(response.status);
        await response.text();
      }),
      { numRuns: 300 },
    );
  });
});

describe('what would be expensive', () => {
  it('is refused by its size, told or not', async () => {
    const { ask } = await toyServer({ limits: { maxBodyBytes: 1000 } });
    const body = JSON.stringify({ model: 'toy', prompt: 'a'.repeat(2000) });
    expect((await ask('/v1/completions', body)).status).toBe(413);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 100;
        controller.enqueue(new Uint8Array(100).fill(32));
      },
    });
    const response = await ask('/v1/completions', undefined, {
      method: 'POST',
      body: endless,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'body_too_large' } });
    expect(sent).toBeLessThan(2000);
  });

  it('is refused by its depth, and its lists by their length', async () => {
    const { ask } = await toyServer();
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
    for (const name of ['messages', 'halfspace', 'prompt', 'unknown']) {
      const response = await ask('/v1/completions', `{"model":"toy","prompt":"a","${name}":${deep}}`);
      expect([200, 400]).toContain(response.status);
      await response.text();
    }
    const many = Array.from({ length: 1025 }, () => messages[0]);
    expect(await (await ask('/v1/chat/completions', { model: 'toy', messages: many })).json()).toMatchObject({
      error: { param: 'messages' },
    });
    const words = Array.from({ length: 129 }, () => 'a');
    const filters = { model: 'toy', prompt: 'a', halfspace: { filters: [{ words }] } };
    expect(await (await ask('/v1/completions', filters)).json()).toMatchObject({
      error: { param: expect.stringMatching(/^halfspace\.filters\.0/) },
    });
  });

  it.each([
    '('.repeat(500) + 'kind' + ')'.repeat(495),
    '('.repeat(490) + 'kind' + ')'.repeat(490),
    '-'.repeat(990) + 'kind',
    'kind^'.repeat(190) + 'kind',
    'kind?kind:'.repeat(99) + 'kind',
    'min('.repeat(180) + 'kind' + ',1)'.repeat(90),
    '9^9^9^9^9*kind',
    'import("fs")',
    'f(x)=x; f(kind)',
    'kind.constructor',
    '[1:1000000000]*kind',
  ])('or is a formula that is refused or computed: %s', async (formula) => {
    const { ask } = await toyServer();
    for (const halfspace of [{ formula }, { weights: { kind: formula.replaceAll('kind', 'step') } }]) {
      const response = await ask('/v1/completions', { model: 'toy', prompt: 'a', max_tokens: 2, halfspace });
      expect({ status: response.status, text: await response.text() }).toMatchObject({
        status: expect.toSatisfy((status: number) => status === 200 || status === 400),
      });
    }
  });

  it('or is no pattern: no regular expression of a request is ever run', async () => {
    const { json } = await toyServer();
    for (const filter of [
      { pattern: '(a+)+$' },
      { words: ['a'], pattern: 'b' },
      /a/.source,
      { words: [/a/] },
    ]) {
      const answer = await json('/v1/completions', {
        model: 'toy',
        prompt: 'a',
        halfspace: { filters: [filter] },
      });
      expect(answer).toMatchObject({ error: { param: expect.stringMatching(/^halfspace\.filters\.0/) } });
    }
    const words = ['(a+)+$', '.*', '[', '\\', 'a|b', '^', '(?=a)'];
    const answer = await json('/v1/completions', {
      model: 'toy',
      prompt: 'a',
      halfspace: { filters: [{ words }] },
    });
    expect(answer).toMatchObject({ choices: [{}] });
  });

  it('is refused by runs of characters that a tokenizer merges as a whole', async () => {
    const { json } = await toyServer({}, { contextLength: 100_000 });
    for (const [run, more] of [
      ['a', 1],
      [' ', 1],
      ['é', 1],
      ['\u0301', 1],
      ['1', 1],
      ['-', 1],
      ['😀', 2],
    ] as const) {
      const prompt = `ab ${run.repeat(4097 / more + 1)} c`;
      const param = (answer: object) =>
        expect(answer).toMatchObject({ error: { code: 'string_above_max_length' } });
      param(await json('/v1/completions', { model: 'toy', prompt }));
      param(await json('/v1/completions', { model: 'toy', prompt: ['a', prompt] }));
      param(
        await json('/v1/chat/completions', { model: 'toy', messages: [{ role: 'user', content: prompt }] }),
      );
      param(await json('/tokenize', { content: prompt }));
      param(await json('/halfspace/score', { response: prompt }));
      param(await json('/halfspace/score', { prompt, response: 'a' }));
    }
    const fine = 'ab '.repeat(9000);
    expect(await json('/tokenize', { content: fine })).toMatchObject({ count: 27_000 });
  });

  it('or is no template: what messages spell is text', async () => {
    const { json, backend } = await toyServer();
    const content = '{{ range(10**9) }}{% for i in range(9) %}';
    const { prompt } = await json<{ prompt: string }>('/apply-template', {
      messages: [{ role: 'user', content }],
      chat_template: '{{ 1 }}',
    });
    expect(prompt).toBe(backend.tokenizer.renderChat([{ role: 'user', content }]));
    const { halfspace } = await json<{ halfspace: { warnings: string[] } }>('/v1/chat/completions', {
      model: 'toy',
      messages,
      chat_template: '{{ 1 }}',
      chat_template_kwargs: {},
    });
    expect(halfspace.warnings).toEqual([
      'The field "chat_template" was ignored.',
      'The field "chat_template_kwargs" was ignored.',
    ]);
  });
});
