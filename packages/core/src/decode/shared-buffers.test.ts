import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Backend, defineAttribute, defineFilter, type NextTokens } from '@halfspace/contracts';
import type { Completion } from './completion.js';
import { createHalfspace } from '../plugins/container.js';
import type { DecodeOptions } from '../options/options.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, TOY_VOCABULARY } from '../testing/toy-backend.js';

/** A backend that gives what it has in buffers that it uses for its next answer again. */
function reusing(inner: Backend): Backend {
  const states = new Float32Array(4096);
  const tokens = new Int32Array(1024);
  const [logProbs, asked] = [new Float64Array(1024), new Float64Array(1024)];

  /** Lays hidden states end to end. */
  function hold(all: readonly Float32Array[]): Float32Array[] {
    states.fill(NaN);
    let at = 0;
    return all.map((hidden) => {
      states.set(hidden, at);
      at += hidden.length;
      return states.subarray(at - hidden.length, at);
    });
  }

  function holdAll(answers: readonly NextTokens[]): NextTokens[] {
    tokens.fill(0);
    for (const each of [logProbs, asked]) each.fill(-1000);
    let [at, asAt] = [0, 0];
    return answers.map((answer) => {
      const [start, from] = [at, asAt];
      tokens.set(answer.tokens, start);
      logProbs.set(answer.logProbs, start);
      asked.set(answer.asked, from);
      at += answer.tokens.length;
      asAt += answer.asked.length;
      return {
        ...answer,
        tokens: tokens.subarray(start, at),
        logProbs: logProbs.subarray(start, at),
        asked: asked.subarray(from, asAt),
      };
    });
  }

  /** Calls follow one another, and who asked has the answer before the next begins. */
  let queue: Promise<unknown> = Promise.resolve();
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = queue.then(work);
    queue = answer.then(async () => setImmediate());
    return answer;
  }

  const ids: number[] = [];
  return {
    ...inner,
    tokenizer: {
      ...inner.tokenizer,
      encode(text, options) {
        ids.length = 0;
        ids.push(...inner.tokenizer.encode(text, options));
        return ids;
      },
    },
    prefill: async (requests, options) =>
      inTurn(async () => {
        const found = await inner.prefill(requests, options);
        const held = hold(found.map((each) => each.hidden(1)));
        return found.map((each, i) => ({ ...each, hidden: () => held[i] }));
      }),
    next: async (requests) => inTurn(async () => holdAll(await inner.next(requests))),
    lookAhead: async (requests) =>
      inTurn(async () => {
        const looks = await inner.lookAhead(requests);
        const held = hold(looks.map((look) => look.hidden(1)));
        return looks.map((look, i) => ({ ...look, hidden: () => held[i] }));
      }),
  };
}

const slow = defineAttribute({
  name: 'slow',
  description: 'reads what it is given after others had their turn',
  layers: [1],
  async score({ candidates, hidden }) {
    await sleep(1);
    const states = hidden(1);
    return candidates.map((_, i) => 2 * states[4 * i]);
  },
});
const attributes = [toyAttribute('kind', 1), slow];
const rare = defineFilter({
  name: 'rare',
  allows: ({ prefix, candidates }) => candidates.map(({ text }) => !/[abc]/.test(prefix + text)),
});

const comparable = (completions: readonly Completion[]) =>
  completions.map((each) => ({ ...each, timing: undefined }));

describe('a backend that uses its buffers again', () => {
  const requests: DecodeOptions[] = [
    { weights: { kind: 2 } },
    { weights: { kind: 1, slow: 1 } },
    { weights: { slow: 2 }, trace: true },
    { filters: [rare], topK: 1 },
    { filters: [rare], topK: 1, repetitionPenalty: 1.4, weights: { kind: 1 } },
  ];
  it.each(requests)('has the texts of one that does not: %j', async (request) => {
    const options = { prompts: ['abc', 'dd', 'e f'], samples: 4, maxTokens: 6, ...request };
    const run = async (backend: Backend) => {
      const halfspace = await createHalfspace({ backend, attributes });
      // While plugins of one think, the other uses the backend.
      const both = [0, 1].map(async (seed) => halfspace.generate({ ...options, seed }));
      return (await Promise.all(both)).map(comparable);
    };
    expect(await run(reusing(createToyBackend()))).toEqual(await run(createToyBackend()));
  });

  it('has the scores of one that does not', async () => {
    const options = { prompt: 'abc', response: 'defg', measure: ['kind', 'slow'] };
    const run = async (backend: Backend) => {
      const halfspace = await createHalfspace({ backend, attributes });
      return Promise.all([
        halfspace.score(options),
        halfspace.score({ ...options, prompt: 'cc' }),
        halfspace.score({ ...options, measure: ['kind'] }),
      ]);
    };
    expect(await run(reusing(createToyBackend()))).toEqual(await run(createToyBackend()));
  });
});

describe('a wrong answer of a backend is refused', () => {
  const inner = createToyBackend();
  const cases: [string, string, RegExp, Partial<Backend>][] = [
    ['fewer next tokens than asked for', 'bad-backend', /0 answers to 1 requests/, { next: async () => [] }],
    [
      'log-probabilities of other tokens',
      'bad-backend',
      /\d+ tokens with 3 log-probabilities/,
      {
        next: async (requests) =>
          (await inner.next(requests)).map((each) => ({ ...each, logProbs: each.logProbs.slice(0, 3) })),
      },
    ],
    [
      'a token that is none',
      'bad-backend',
      new RegExp(`the token ${TOY_VOCABULARY.length}, which is none of ${TOY_VOCABULARY.length}`),
      {
        next: async (requests) =>
          (await inner.next(requests)).map((each) => ({
            ...each,
            tokens: each.tokens.map((token, i) => (i === 2 ? TOY_VOCABULARY.length : token)),
          })),
      },
    ],
    [
      'a log-probability that is no number',
      'not-finite',
      /no numbers/,
      {
        next: async (requests) =>
          (await inner.next(requests)).map((each) => ({
            ...each,
            logProbs: each.logProbs.map((value, i) => (i === 1 ? NaN : value)),
          })),
      },
    ],
    [
      'hidden states of another width',
      'bad-backend',
      /numbers at layer 1 for \d+ rows of width 4/,
      {
        lookAhead: async (requests) =>
          (await inner.lookAhead(requests)).map((look) => ({
            ...look,
            hidden: (layer) => new Float32Array(2 * look.hidden(layer).length),
          })),
      },
    ],
    ['fewer look-aheads', 'bad-backend', /0 answers to \d+ requests/, { lookAhead: async () => [] }],
    [
      'no context',
      'bad-backend',
      /undefined and not a context/,
      { fork: () => undefined as unknown as ReturnType<Backend['fork']> },
    ],
  ];
  it.each(cases)('%s', async (_, code, message, wrong) => {
    const halfspace = await createHalfspace({ backend: { ...inner, ...wrong }, attributes });
    const work = halfspace.generate({ prompt: 'abc', weights: { kind: 1 } });
    await expect(work).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});
