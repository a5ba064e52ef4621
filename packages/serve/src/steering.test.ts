import { spendPreset } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { toyServer } from './testing/toy-server.js';
import type { ServerOptions } from './server-options.js';

const prompt = 'abc';
const shared = { seed: 3, maxTokens: 8 };

interface Answer {
  readonly choices: {
    text: string;
    finish_reason: string;
    halfspace: { margins: object; kl: number; trace?: object[]; attempts?: number };
  }[];
}

/** What a request is answered with, beside what `generate` gives for some options. */
async function both(body: object, options: object, server: Partial<ServerOptions> = {}) {
  const { json, halfspace } = await toyServer(server, { endLogit: -50 });
  const answer = await json<Answer>('/v1/completions', {
    model: 'toy',
    prompt,
    seed: 3,
    max_tokens: 8,
    ...body,
  });
  const expected = await halfspace.complete({ prompt, ...shared, ...options } as never);
  return { answer, expected };
}

async function expectSame(body: object, options: object, server: Partial<ServerOptions> = {}) {
  const { answer, expected } = await both(body, options, server);
  expect(answer).toMatchObject({
    choices: [{ text: expected.text, halfspace: { kl: expected.kl, margins: expected.margins } }],
  });
}

const steer = (halfspace: object) => ({ halfspace });

describe('a request steers by', () => {
  it.each<[string, object, object?]>([
    ['weights', { weights: { kind: 3 } }],
    ['schedules', { weights: { kind: '4 - 3*progress' } }],
    ['weights with caps', { weights: { kind: { weight: 3, cap: 0.5 } } }],
    ['a cap', { weights: { kind: 3 }, cap: 1 }],
    ['no cap', { weights: { kind: 3 }, cap: 'none' }, { weights: { kind: 3 }, cap: Infinity }],
    [
      'a weight without a cap',
      { weights: { kind: { weight: 3, cap: 'none' } } },
      { weights: { kind: { weight: 3, cap: Infinity } } },
    ],
    ['a formula', { formula: '2*min(kind, calm)' }],
    ['a budget', { weights: { kind: 9 }, control: { mode: 'kl-budget', nats: 0.1 } }],
    [
      'constraints',
      {
        control: { mode: 'constraints', constraints: [{ kind: 'at-least', attribute: 'calm', margin: 0.3 }] },
      },
    ],
    ['softmax', { weights: { kind: 3 }, bonus: 'softmax' }],
    ['measures', { measure: ['kind', 'calm'] }],
    [
      'other candidates',
      { weights: { kind: 3 }, topK: 3, repetitionPenalty: 1.2, lookAhead: 'eager', earlyExit: false },
    ],
    ['redrawing', { redraw: { ifMeanBelow: { calm: 0.4 }, maxAttempts: 5 } }],
    ['a trace', { weights: { kind: 3 }, trace: true }],
  ])('%s', async (_, halfspace, options = halfspace) => expectSame(steer(halfspace), options));

  it('a trace, which comes back', async () => {
    const { answer, expected } = await both(steer({ weights: { kind: 3 }, trace: true }), {
      weights: { kind: 3 },
      trace: true,
    });
    expect(answer.choices[0].halfspace.trace).toEqual(JSON.parse(JSON.stringify(expected.trace)));
  });

  it('filters: those of the server by their names, words, and tokens', async () => {
    const { json } = await toyServer({}, { endLogit: -50 });
    const text = async (filters: unknown[], more = {}) =>
      (
        await json<Answer>('/v1/completions', {
          model: 'toy',
          prompt,
          max_tokens: 30,
          seed: 1,
          halfspace: { filters },
          ...more,
        })
      ).choices[0];
    expect((await text([])).text).toMatch(/c/);
    expect((await text(['no-c'])).text).not.toMatch(/c/);
    expect((await text([{ allow: [0, 1] }])).text).toMatch(/^[ab]{30}$/);
    expect((await text([{ forbid: [0, 1] }])).text).not.toMatch(/[ab]/);
    expect((await text(['no-c', { words: ['d', 'f'] }])).text).not.toMatch(/c|\b[df]\b/);
    expect(await text(['no-c', { allow: [2] }])).toMatchObject({
      text: '',
      finish_reason: 'content_filter',
      halfspace: { error: { code: 'no-candidate-left' } },
    });
  });
});

describe('presets', () => {
  const balanced = (options: object) => spendPreset({ ...options, maxTokens: 8 }, 'balanced');

  it('are model ids, for clients that can only choose a model', async () => {
    const all = { kind: 1, calm: 1, failing: 1 };
    await expectSame({ model: 'toy:balanced' }, balanced({ weights: all }));
    await expectSame(
      { model: 'toy:balanced', ...steer({ weights: { kind: 2 } }) },
      balanced({ weights: { kind: 2 } }),
    );
    const defaults = { weights: { calm: 1 } };
    await expectSame({ model: 'toy:balanced' }, balanced({ weights: { calm: 1 } }), { defaults });
  });

  it('are words of requests, too, and can be taken back', async () => {
    await expectSame(steer({ weights: { kind: 1 }, preset: 'balanced' }), balanced({ weights: { kind: 1 } }));
    await expectSame(
      { model: 'toy:strict', ...steer({ weights: { kind: 1 }, preset: 'balanced' }) },
      balanced({ weights: { kind: 1 } }),
    );
    await expectSame(
      { model: 'toy:strict', ...steer({ weights: { kind: 1 }, preset: 'none' }) },
      { weights: { kind: 1 } },
    );
    const control = { mode: 'kl-budget', nats: 0.2 };
    await expectSame(
      { model: 'toy:strict', ...steer({ weights: { kind: 1 }, control }) },
      { weights: { kind: 1 }, control },
    );
  });

  it('may be the server’s own', async () => {
    const presets = {
      school: { weights: { calm: 4 }, temperature: 0.5, filters: ['no-c'] },
      mild: { weights: { calm: 1 }, preset: 'balanced' },
    };
    const { json } = await toyServer({ presets });
    const { data } = await json<{ data: { id: string }[] }>('/v1/models');
    expect(data.map(({ id }) => id)).toEqual([
      'toy',
      'toy:light',
      'toy:balanced',
      'toy:strict',
      'toy:school',
      'toy:mild',
    ]);
    const { answer } = await both({ model: 'toy:school' }, {}, { presets });
    expect(answer.choices[0].text).not.toContain('c');
    await expectSame({ model: 'toy:mild' }, balanced({ weights: { calm: 1 } }), { presets });
    await expectSame(steer({ preset: 'mild' }), balanced({ weights: { calm: 1 } }), { presets });
  });
});

describe('defaults of the server', () => {
  it('hold where a request says nothing else', async () => {
    const defaults = { weights: { calm: 4 }, topK: 3 };
    await expectSame({}, defaults, { defaults });
    await expectSame(
      steer({ weights: { kind: 2 } }),
      { weights: { calm: 4, kind: 2 }, topK: 3 },
      { defaults },
    );
    await expectSame(steer({ weights: { calm: 0 } }), { weights: { calm: 0 }, topK: 3 }, { defaults });
    await expectSame(steer({ formula: 'kind' }), { formula: 'kind', topK: 3 }, { defaults });
    await expectSame(
      steer({ weights: { kind: 1 } }),
      { weights: { kind: 1 } },
      { defaults: { formula: '3*calm' } },
    );
    await expectSame({ top_k: 2 }, { weights: { calm: 4 }, topK: 2 }, { defaults });
  });

  it('keep their filters', async () => {
    const { answer } = await both(
      steer({ filters: [{ forbid: [0] }] }),
      {},
      { defaults: { filters: ['no-c'] } },
    );
    expect(answer.choices[0].text).not.toMatch(/[ac]/);
  });

  it.each([
    [{ defaults: { weights: { knid: 1 } } }, /defaults\.weights\.knid.*kind/],
    [{ presets: { a: { filters: ['nix'] } } }, /presets\.a\.filters\.0/],
    [{ presets: { a: { wieghts: {} } as never } }, /presets\.a.*wieghts.*weights/],
    [{ defaults: { maxTokens: -1 } }, /defaults.*maxTokens/],
    [{ defaults: { weights: { kind: '1'.repeat(2000) } } }, /defaults/],
    [{ presets: { a: { preset: 'nix' } } }, /presets\.a\.preset/],
    [{ limits: { maxtokens: 1 } as never }, /maxTokens/],
    [{ limits: { maxTokens: 0 } }, /maxTokens must be/],
  ])('are refused where they cannot be: %j', async (options, message) => {
    await expect(toyServer(options)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(message),
    });
  });
});
