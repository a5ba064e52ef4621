import {
  type Backend,
  type ErrorCode,
  HalfspaceError,
  isHalfspaceError,
  type LookAhead,
  type NextTokens,
} from '@halfspace/contracts';
import { describe, expect, it } from 'vitest';
import { backendConformance } from './backend-conformance.js';
import { createToyBackend, TOY_VOCABULARY } from './toy-backend.js';

describe('the toy', () => {
  it.each(backendConformance(() => createToyBackend()))('$name', async ({ run }) => run());
});

/** Names of the checks that a backend does not pass. */
async function failedBy(create: () => Backend): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of backendConformance(create)) {
    await run().catch((error: unknown) => {
      if (isHalfspaceError(error)) throw error;
      failed.push(name);
    });
  }
  return failed;
}

/** Whatever it says of a fault with one code, it says with another. */
function sayingInstead(code: ErrorCode): Partial<Backend> & object {
  const backend = createToyBackend();
  const mend = (error: unknown): never => {
    throw isHalfspaceError(error, code) ? Object.assign(new Error('something'), { code: 'odd' }) : error;
  };
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      return mend(error);
    }
  };
  const looks = (look: LookAhead): LookAhead => ({
    hidden: (layer) => look.hidden(layer),
    commit: (candidate) => attempt(() => look.commit(candidate)),
  });
  return {
    ...backend,
    prefill: async (requests, options) => backend.prefill(requests, options).catch(mend),
    next: async (requests) => backend.next(requests).catch(mend),
    lookAhead: async (requests) => (await backend.lookAhead(requests).catch(mend)).map(looks),
    states: async (texts, options) => backend.states(texts, options).catch(mend),
    logProbs: async (tokens, options) => backend.logProbs(tokens, options).catch(mend),
    fork: (context) => attempt(() => backend.fork(context)),
  };
}

/** Backends that take the contexts of one another for their own. */
function sharingContexts(): () => Backend {
  const toy = createToyBackend();
  return () => {
    let ended = false;
    const alive = () => {
      if (ended) throw new HalfspaceError('disposed', 'This one has ended.');
      return toy;
    };
    return {
      ...toy,
      prefill: async (requests, options) => alive().prefill(requests, options),
      next: async (requests) => alive().next(requests),
      lookAhead: async (requests) => alive().lookAhead(requests),
      states: async (texts, options) => alive().states(texts, options),
      logProbs: async (tokens, options) => alive().logProbs(tokens, options),
      fork: (context) => alive().fork(context),
      dispose: async () => void (ended = true),
    };
  };
}

const changed = (change: (toy: ReturnType<typeof createToyBackend>) => Partial<Backend>) => () => {
  const toy = createToyBackend();
  return { ...toy, ...change(toy) };
};
const eachNext = (change: (next: NextTokens, count: number) => NextTokens) =>
  changed((toy) => ({
    next: async (requests) => (await toy.next(requests)).map((each) => change(each, requests.length)),
  }));
const shift = (values: Float64Array, by: number) => values.map((each) => each + by);

it('of two tokens that are as probable, the larger id in front is told', async () => {
  const uniform = (ids: readonly number[]) => (): Backend => {
    const toy = createToyBackend();
    const size = ids.length;
    const logProbs = (count: number) => new Float64Array(count).fill(-Math.log(size));
    return {
      ...toy,
      next: async (requests) => {
        await toy.next(requests);
        return requests.map(({ topK, tokens = [] }) => ({
          tokens: Int32Array.from(ids.slice(0, topK)),
          logProbs: logProbs(topK),
          asked: logProbs(tokens.length),
          logSumExp: 0,
        }));
      },
      logProbs: async (tokens, options) => (await toy.logProbs(tokens, options)).map(() => -Math.log(size)),
    };
  };
  const ids = TOY_VOCABULARY.map((_, id) => id);
  expect(await failedBy(uniform(ids))).toEqual([]);
  expect(await failedBy(uniform([1, 0, ...ids.slice(2)]))).toEqual([
    'next gives the most probable tokens first, and of equals the smaller id',
  ]);
});

describe('a broken backend fails one check', () => {
  it.each<[string, () => Backend]>([
    ['empty-prompt', () => sayingInstead('empty-prompt') as Backend],
    ['context-overflow', () => sayingInstead('context-overflow') as Backend],
    ['unknown-token', () => sayingInstead('unknown-token') as Backend],
    ['unknown-layer', () => sayingInstead('unknown-layer') as Backend],
    ['disposed', () => sayingInstead('disposed') as Backend],
    ['a context of another backend', sharingContexts()],
    ['an abort', changed((toy) => ({ states: async (texts, { layers }) => toy.states(texts, { layers }) }))],
    [
      'next is normalised',
      changed((toy) => ({
        next: async (requests) =>
          (await toy.next(requests)).map((each) => ({
            ...each,
            asked: shift(each.asked, 0.1),
            logProbs: shift(each.logProbs, 0.1),
          })),
        logProbs: async (tokens, options) => shift(await toy.logProbs(tokens, options), 0.1),
      })),
    ],
    ['the most probable tokens first', eachNext((each) => ({ ...each, tokens: each.tokens.toReversed() }))],
    [
      'tokens that are asked for',
      eachNext((each) => (each.asked.length === 3 ? { ...each, asked: each.asked.toReversed() } : each)),
    ],
    [
      'a prompt in parts',
      changed((toy) => ({
        prefill: async (requests, options) =>
          toy.prefill(
            requests.map((each) =>
              each.after && each.tokens.length > 1 ? { ...each, tokens: each.tokens.toReversed() } : each,
            ),
            options,
          ),
      })),
    ],
    [
      'states are the hidden states',
      changed((toy) => ({
        states: async (texts, options) =>
          (await toy.states(texts, options)).map((each) => ({
            hidden: (layer) => each.hidden(layer).map((x) => x + 1),
          })),
      })),
    ],
    [
      'logProbs',
      changed((toy) => ({
        logProbs: async (tokens, options) => shift(await toy.logProbs(tokens, options), 0.1),
      })),
    ],
    [
      'company',
      eachNext((each, count) => (count === 1 ? each : { ...each, logProbs: shift(each.logProbs, 1e-9) })),
    ],
    [
      'same rank',
      changed((toy) => ({
        lookAhead: async (requests) =>
          (await toy.lookAhead(requests)).map((look, i) =>
            requests[i].ranks === undefined
              ? look
              : {
                  commit: (token) => look.commit(token),
                  hidden: (layer) => look.hidden(layer).map((x) => x + 1e-6),
                },
          ),
      })),
    ],
    [
      'a winner that was kept',
      changed((toy) => ({
        lookAhead: async (requests) =>
          (await toy.lookAhead(requests)).map((look, i) => ({
            hidden: (layer) => look.hidden(layer),
            commit: (token) =>
              requests[i].layers.length > 0
                ? look.commit(token)
                : look.commit(requests[i].tokens.find((each) => each !== token) ?? token),
          })),
      })),
    ],
    [
      'forks and winners',
      changed((toy) => ({
        fork: (context) => ({ ...toy.fork(context), length: context.length + 1 }),
      })),
    ],
  ])('%s', async (name, create) => {
    const failed = await failedBy(create);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain(name);
  });
});
