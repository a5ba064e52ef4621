import type { Backend, BackendV1 } from '@halfspace/contracts';
import { describe, expect, it } from 'vitest';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import { createHalfspace } from './container.js';
import { upgradeBackend } from './upgrade-backend.js';

/** The toy as a backend of version 1, and the depths that look-aheads asked for. */
function createToyV1(): { backend: BackendV1; toy: ReturnType<typeof createToyBackend>; depths: number[][] } {
  const toy = createToyBackend({ endLogit: -1 });
  const depths: number[][] = [];
  const backend: BackendV1 = {
    contract: 1,
    model: toy.model,
    tokenizer: toy.tokenizer,
    async prefill(tokens, { rowsPerStep, layers = [] }) {
      if (tokens.includes(99)) throw new Error('no such token');
      const [found] = await toy.prefill([{ tokens, rowsPerStep, layers }]);
      return { context: found.context, hidden: (layer) => found.hidden(layer) };
    },
    async lookAhead(requests, { layers }) {
      depths.push([...layers]);
      return toy.lookAhead(requests.map((each) => ({ ...each, layers })));
    },
    next: async (requests) => toy.next(requests),
    logProbs: async (tokens) => toy.logProbs(tokens),
    states: async (texts, options) => toy.states(texts, options),
    fork: (context) => toy.fork(context),
    release: (context) => toy.release(context),
    dispose: async () => toy.dispose(),
  };
  return { backend, toy, depths };
}

const OPTIONS = { prompts: ['abc', 'd e'], samples: 3, maxTokens: 8, weights: { kind: 2 }, seed: 5 };

describe('a backend of version 1', () => {
  it('writes what one of version 2 writes', async () => {
    const attributes = [toyAttribute('kind', 0)];
    const { backend, toy } = createToyV1();
    const before = await createHalfspace({ backend, attributes });
    const now = await createHalfspace({ backend: createToyBackend({ endLogit: -1 }), attributes });
    const texts = async (halfspace: typeof now) =>
      (await halfspace.generate(OPTIONS)).map(({ text, margins }) => ({ text, margins }));
    expect(await texts(before)).toEqual(await texts(now));
    expect(before.backend).toMatchObject({ specificationVersion: 2, exact: true });
    expect(toy.open).toBe(0);
  });

  it('goes on from any text that it holds: prompts, forks and winners', async () => {
    const { backend, toy } = createToyV1();
    const current = upgradeBackend(backend);
    const [{ context: begun }] = await current.prefill([{ tokens: [0, 1], rowsPerStep: 2 }]);
    const [look] = await current.lookAhead([{ context: begun, tokens: [3, 4], layers: [1] }]);
    const won = look.commit(4);
    const other = current.fork(won);
    const [found] = await current.prefill([
      { tokens: [5, 6], after: other, rowsPerStep: 1, layers: [1], from: 4 },
    ]);
    const whole = await createToyBackend().states([[0, 1, 4, 5, 6]], { layers: [1] });
    expect(found).toMatchObject({ context: { length: 5 }, cachedTokens: 0 });
    expect(found.hidden(1)).toEqual(whole[0].hidden(1).subarray(4 * 4));
    for (const each of [begun, won, other, found.context]) current.release(each);
    await expect(current.prefill([{ tokens: [5], after: other, rowsPerStep: 1 }])).rejects.toThrow(
      'released',
    );
    expect(toy.open).toBe(0);
  });

  it('is asked for the layers of all requests of a look-ahead', async () => {
    const { backend, depths } = createToyV1();
    const current = upgradeBackend(backend);
    const [{ context }] = await current.prefill([{ tokens: [0], rowsPerStep: 1 }]);
    await current.lookAhead([
      { context, tokens: [1], layers: [1, 0] },
      { context, tokens: [2], layers: [1] },
    ]);
    expect(depths).toEqual([[0, 1]]);
  });

  it('keeps nothing of a call of which one prompt fails', async () => {
    const { backend, toy } = createToyV1();
    const work = upgradeBackend(backend).prefill([
      { tokens: [0], rowsPerStep: 1 },
      { tokens: [99], rowsPerStep: 1 },
    ]);
    await expect(work).rejects.toThrow('no such token');
    expect(toy.open).toBe(0);
  });

  it('is looked at as one of version 1, which does not say whether it is exact', () => {
    const { backend } = createToyV1();
    expect(() => upgradeBackend({ ...backend, next: undefined } as unknown as Backend)).toThrow(
      /It lacks next\./,
    );
  });
});

it('a backend of the current version is left as it is', () => {
  const backend = createToyBackend();
  expect(upgradeBackend(backend)).toBe(backend);
});

it('one backend has one that stands before it, so that all who use it share its rounds', () => {
  const { backend } = createToyV1();
  expect(upgradeBackend(backend)).toBe(upgradeBackend(backend));
  expect(upgradeBackend(createToyV1().backend)).not.toBe(upgradeBackend(backend));
});
