import { HalfspaceError } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { apiErrorOf } from './http/api-error.js';
import { FAILS_AT, toyServer } from './testing/toy-server.js';

const messages = [{ role: 'user', content: 'abc' }];
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const CHAT = '/v1/chat/completions';
const TEXT = '/v1/completions';

describe('a request is refused with 400 and the field at fault:', () => {
  it.each<[string, string, object]>([
    [CHAT, 'model', { messages }],
    [CHAT, 'messages', { model: 'toy' }],
    [CHAT, 'messages', { model: 'toy', messages: [] }],
    [CHAT, 'messages', { model: 'toy', messages: 'abc' }],
    [CHAT, 'messages.0.role', { model: 'toy', messages: [{ role: 'tool', content: 'a' }] }],
    [CHAT, 'messages.1.role', { model: 'toy', messages: [...messages, { content: 'a' }] }],
    [CHAT, 'messages.0.content', { model: 'toy', messages: [{ role: 'user' }] }],
    [CHAT, 'messages.0.content', { model: 'toy', messages: [{ role: 'user', content: null }] }],
    [CHAT, 'messages.0.content', { model: 'toy', messages: [{ role: 'user', content: 3 }] }],
    [
      CHAT,
      'messages.0.content.1.type',
      { model: 'toy', messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, image] }] },
    ],
    [
      CHAT,
      'messages.1.tool_calls',
      { model: 'toy', messages: [...messages, { role: 'assistant', content: null, tool_calls: [{}] }] },
    ],
    [CHAT, 'temperature', { model: 'toy', messages, temperature: 2.5 }],
    [CHAT, 'temperature', { model: 'toy', messages, temperature: 'hot' }],
    [CHAT, 'top_p', { model: 'toy', messages, top_p: -1 }],
    [CHAT, 'top_k', { model: 'toy', messages, top_k: 0 }],
    [CHAT, 'n', { model: 'toy', messages, n: 17 }],
    [TEXT, 'n', { model: 'toy', prompt: ['a', 'b', 'c'], n: 8 }],
    [CHAT, 'max_tokens', { model: 'toy', messages, max_tokens: 33 }],
    [CHAT, 'max_completion_tokens', { model: 'toy', messages, max_completion_tokens: 0 }],
    [CHAT, 'seed', { model: 'toy', messages, seed: 0.5 }],
    [CHAT, 'stop', { model: 'toy', messages, stop: Array.from({ length: 17 }, () => 'a') }],
    [CHAT, 'logit_bias.1', { model: 'toy', messages, logit_bias: { 1: 101 } }],
    [CHAT, 'logit_bias', { model: 'toy', messages, logit_bias: { a: 1 } }],
    [CHAT, 'logit_bias', { model: 'toy', messages, logit_bias: { 9: 1 } }],
    [CHAT, 'top_logprobs', { model: 'toy', messages, logprobs: true, top_logprobs: 21 }],
    [CHAT, 'top_logprobs', { model: 'toy', messages, top_logprobs: 2 }],
    [CHAT, 'tool_choice', { model: 'toy', messages, tools: [{}], tool_choice: 'required' }],
    [CHAT, 'tool_choice', { model: 'toy', messages, tools: [{}], tool_choice: { type: 'function' } }],
    [CHAT, 'response_format', { model: 'toy', messages, response_format: { type: 'xml' } }],
    [CHAT, 'modalities', { model: 'toy', messages, modalities: ['text', 'audio'] }],
    [CHAT, 'audio', { model: 'toy', messages, audio: {} }],
    [CHAT, 'presence_penalty', { model: 'toy', messages, presence_penalty: 1 }],
    [CHAT, 'frequency_penalty', { model: 'toy', messages, frequency_penalty: -1 }],
    [TEXT, 'prompt', { model: 'toy', prompt: [1, 2] }],
    [TEXT, 'prompt', { model: 'toy', prompt: '' }],
    [TEXT, 'prompt', { model: 'toy', prompt: 'a'.repeat(64) }],
    [CHAT, 'messages', { model: 'toy', messages: [{ role: 'user', content: 'a'.repeat(64) }] }],
    [TEXT, 'echo', { model: 'toy', prompt: 'a', echo: true }],
    [TEXT, 'suffix', { model: 'toy', prompt: 'a', suffix: 'b' }],
    [TEXT, 'best_of', { model: 'toy', prompt: 'a', best_of: 3 }],
    [TEXT, 'halfspace.weight', { model: 'toy', prompt: 'a', halfspace: { weight: {} } }],
    [TEXT, 'halfspace.weights.knid', { model: 'toy', prompt: 'a', halfspace: { weights: { knid: 1 } } }],
    [TEXT, 'halfspace.weights.far', { model: 'toy', prompt: 'a', halfspace: { weights: { far: 1 } } }],
    [
      TEXT,
      'halfspace.weights.__proto__',
      { model: 'toy', prompt: 'a', halfspace: JSON.parse('{ "weights": { "__proto__": 1 } }') as object },
    ],
    [
      TEXT,
      'halfspace.measure.1',
      { model: 'toy', prompt: 'a', halfspace: { measure: ['kind', './kind.js'] } },
    ],
    [
      TEXT,
      'halfspace.redraw.ifMeanBelow.x',
      { model: 'toy', prompt: 'a', halfspace: { redraw: { ifMeanBelow: { x: 1 }, maxAttempts: 2 } } },
    ],
    [
      TEXT,
      'halfspace.redraw.maxAttempts',
      { model: 'toy', prompt: 'a', halfspace: { redraw: { ifMeanBelow: { kind: 1 }, maxAttempts: 17 } } },
    ],
    [
      TEXT,
      'halfspace.control.constraints.0.attribute',
      {
        model: 'toy',
        prompt: 'a',
        halfspace: { control: { mode: 'constraints', constraints: [{ kind: 'keep', attribute: 'x' }] } },
      },
    ],
    [TEXT, 'halfspace.control', { model: 'toy', prompt: 'a', halfspace: { control: { mode: 'x' } } }],
    [
      TEXT,
      'halfspace',
      { model: 'toy', prompt: 'a', halfspace: { control: { mode: 'kl-budget', nats: 1 } } },
    ],
    [TEXT, 'halfspace.formula', { model: 'toy', prompt: 'a', halfspace: { formula: 'nix' } }],
    [TEXT, 'halfspace.weights', { model: 'toy', prompt: 'a', halfspace: { weights: { kind: '1/step' } } }],
    [TEXT, 'halfspace', { model: 'toy', prompt: 'a', halfspace: { formula: 'kind', weights: { kind: 1 } } }],
    [TEXT, 'halfspace.formula', { model: 'toy', prompt: 'a', halfspace: { formula: 'k'.repeat(1001) } }],
    [TEXT, 'halfspace.formula', { model: 'toy', prompt: 'a', halfspace: { formula: '1/(kind - kind)' } }],
    [TEXT, 'halfspace.topK', { model: 'toy', prompt: 'a', halfspace: { topK: 0 } }],
    [TEXT, 'halfspace.preset', { model: 'toy', prompt: 'a', halfspace: { preset: 'nix' } }],
    [TEXT, 'halfspace.preset', { model: 'toy', prompt: 'a', halfspace: { preset: 'constructor' } }],
    [TEXT, 'halfspace.filters.0', { model: 'toy', prompt: 'a', halfspace: { filters: ['toString'] } }],
    [TEXT, 'halfspace.filters', { model: 'toy', prompt: 'a', halfspace: { filters: [{ words: [' '] }] } }],
    ['/tokenize', 'content', {}],
    ['/tokenize', 'content', { content: 'a'.repeat(64 * 8 + 1) }],
    ['/detokenize', 'tokens.1', { tokens: [1, 99] }],
    ['/halfspace/score', 'response', { response: '' }],
    ['/halfspace/score', 'measure.0', { response: 'a', measure: ['x'] }],
    ['/halfspace/score', 'messages', { response: 'a', prompt: 'a', messages }],
  ])('%s %s %j', async (path, param, body) => {
    const { ask, log } = await toyServer();
    const response = await ask(path, body);
    const answer = (await response.json()) as {
      error: { param: string | null; message: string; type: string };
    };
    expect({ ...answer, status: response.status }).toMatchObject({
      status: 400,
      error: { param, type: 'invalid_request_error', message: expect.stringMatching(/^[A-Z"].{10,}[.?]$/s) },
    });
    expect(log).toMatchObject([{ status: 400 }]);
    // The same where a stream was asked for: nothing has begun yet.
    const streamed = await ask(path, { ...body, stream: true });
    expect(streamed.status).toBe(400);
  });
});

describe('other errors', () => {
  it('are 401 without a key or with a wrong one, whatever is asked for but whether the server is well', async () => {
    const { ask } = await toyServer({ keys: ['one', 'two'], metrics: true });
    const paths = ['/v1/models', '/metrics', '/openapi.json', '/nowhere', CHAT, '/halfspace/attributes'];
    for (const path of paths) {
      for (const authorization of [
        undefined,
        'Bearer three',
        'Bearer ',
        'Basic one',
        'one',
        'Bearer one,two',
        'Bearer onetwo',
      ]) {
        const response = await ask(path, undefined, {
          headers: { ...(authorization !== undefined && { authorization }) },
        });
        expect(response.status).toBe(401);
        expect(await response.json()).toMatchObject({
          error: { code: 'invalid_api_key', type: 'authentication_error' },
        });
      }
    }
    expect((await ask('/health')).status).toBe(200);
    for (const key of ['one', 'two']) {
      expect(
        (await ask('/v1/models', undefined, { headers: { authorization: `bearer ${key}` } })).status,
      ).toBe(200);
    }
  });

  it('are 404 for models and paths, 405 for methods, 415 for what is no JSON', async () => {
    const { ask } = await toyServer();
    const status = async (...words: Parameters<typeof ask>) => {
      const response = await ask(...words);
      const { error } = (await response.json()) as { error: { code: string } };
      return [response.status, error.code];
    };
    expect(await status(CHAT, { model: 'gpt-5', messages })).toEqual([404, 'model_not_found']);
    expect(await status('/v1/models/a/b')).toEqual([404, 'model_not_found']);
    expect(await status('/v2/models')).toEqual([404, 'not_found']);
    expect(await status(CHAT)).toEqual([405, 'method_not_allowed']);
    expect(await status(CHAT, 'a=b', { headers: { 'content-type': 'text/plain' } })).toEqual([
      415,
      'not_json',
    ]);
  });

  it('are 429 with a time to come back, where there is too much to do', async () => {
    const { ask, server } = await toyServer(
      { limits: { maxRequests: 1, maxTokens: 500 } },
      { endLogit: -50, contextLength: 1000 },
    );
    const first = await ask(TEXT, { model: 'toy', prompt: 'a', max_tokens: 500, stream: true });
    const second = await ask(TEXT, { model: 'toy', prompt: 'a' });
    expect(second.status).toBe(429);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await second.json()).toMatchObject({ error: { code: 'busy', type: 'rate_limit_error' } });
    await first.body?.cancel();
    while (server.requests > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await ask(TEXT, { model: 'toy', prompt: 'a' })).status).toBe(200);
  });

  it('say what the engine hints of when to come back', () => {
    const busy = Object.assign(new HalfspaceError('busy', 'x'), { retryAfterMs: 7300 });
    expect(apiErrorOf(busy)).toMatchObject({ status: 429, details: { retryAfterMs: 7300 } });
    expect(apiErrorOf(new HalfspaceError('busy', 'x')).details.retryAfterMs).toBeGreaterThan(0);
  });

  it('are 500 for what is the fault of the server, with nothing of its inside', async () => {
    const { ask, log } = await toyServer();
    const body = { model: 'toy', prompt: FAILS_AT, halfspace: { weights: { failing: 1 } } };
    const response = await ask(TEXT, body);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'attribute-failed', type: 'server_error' } });
    expect(text).not.toMatch(/secret|stack|\.ts|\n/);
    expect(log).toMatchObject([
      { status: 500, error: 'attribute-failed', cause: { code: 'attribute-failed' } },
    ]);
    expect(apiErrorOf(new TypeError('/home/x')).body.error).toEqual({
      code: 'internal_error',
      message: 'The server has failed at this request. Its log says why.',
      param: null,
      type: 'server_error',
    });
  });

  it('are 504 where a request takes too long', async () => {
    const { ask, backend } = await toyServer(
      { limits: { maxMs: 20, maxTokens: 5000 } },
      { endLogit: -50, contextLength: 10_000 },
    );
    const response = await ask(TEXT, { model: 'toy', prompt: 'a', max_tokens: 5000 });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: 'timeout', type: 'timeout_error' } });
    expect(backend.open).toBe(0);
  });

  it('are 403 for a name that leads here and is not the server’s', async () => {
    const { ask } = await toyServer({ hosts: ['localhost', '127.0.0.1'] });
    const status = async (host: string) => (await ask('/v1/models', undefined, { headers: { host } })).status;
    expect(await status('localhost:8080')).toBe(200);
    expect(await status('127.0.0.1')).toBe(200);
    expect(await status('evil.example:8080')).toBe(403);
  });

  it('say who asked, for the log', async () => {
    const { ask, log } = await toyServer();
    const response = await ask('/nowhere%0A%1b[2J');
    expect(response.headers.get('x-request-id')).toBe(log[0].id);
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(log[0].path).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('other origins', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
  };

  it('are let in only where they are named', async () => {
    const closed = await toyServer({ keys: ['k'] });
    const refused = await closed.ask(CHAT, undefined, preflight);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    const open = await toyServer({ keys: ['k'], cors: ['https://a.example'] });
    const allowed = await open.ask(CHAT, undefined, preflight);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://a.example');
    const other = await open.ask('/v1/models', undefined, {
      headers: { origin: 'https://b.example', authorization: 'Bearer k' },
    });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const any = await toyServer({ cors: ['*'] });
    const found = await any.ask('/v1/models', undefined, { headers: { origin: 'https://b.example' } });
    expect(found.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('the log', () => {
  it('has no texts unless they are asked for', async () => {
    const body = { model: 'toy', prompt: 'abc', max_tokens: 3 };
    const silent = await toyServer();
    await silent.json(TEXT, body);
    expect(silent.log).toMatchObject([
      { method: 'POST', path: TEXT, status: 200, model: 'toy', promptTokens: 3, cachedTokens: 0 },
    ]);
    expect(JSON.stringify(silent.log)).not.toMatch(/abc/);
    const loud = await toyServer({ logTexts: true });
    const { choices } = await loud.json<{ choices: { text: string }[] }>(TEXT, body);
    expect(loud.log).toMatchObject([{ texts: { prompts: ['abc'], completions: [choices[0].text] } }]);
  });
});
