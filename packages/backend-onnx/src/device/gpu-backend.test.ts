import { createHalfspace, defineAttribute, type Backend } from '@halfspace/core';
import { backendConformance } from '@halfspace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gpuModels, type GpuModels, type Place } from '../testing/gpu-model.js';
import { LAYERS, VOCABULARY, WIDTH } from '../testing/small-model.js';
import { widest } from '../testing/widest.js';
import type { GpuArithmetic } from './device.js';
import { findGpu } from './probe.js';

const gpu = await findGpu();
const PLACES: readonly [title: string, place: Place, isThere: boolean][] = [
  ['on the processor', 'cpu', true],
  ['on a GPU (needs a Vulkan driver)', 'webgpu', gpu !== undefined],
];
const layers = [0, 1, LAYERS];
const all = Array.from({ length: VOCABULARY }, (_, token) => token);
const prompt = Array.from({ length: 20 }, (_, index) => (index * 7 + 3) % VOCABULARY);

const calmFor = ({ model }: Backend) =>
  defineAttribute({
    name: 'calm',
    description: 'a test',
    subspaces: [
      {
        model: model.fingerprint,
        layers: [1],
        direction: Float32Array.from({ length: WIDTH }, (_, index) => (index === 3 ? 1 : 0)),
        offset: 0.1,
        calibration: { slope: 2, intercept: 0.25 },
      },
    ],
  });

/** What a backend says of a prompt, of candidates after it, and of two winners one after the other. */
async function account(backend: Backend): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  const [run] = await backend.prefill([{ tokens: prompt, rowsPerStep: 4, layers }]);
  if (run === undefined) throw new Error('no prompt');
  let { context } = run;
  for (const layer of layers) found.push(run.hidden(layer).slice());
  for (const winner of [6, 8]) {
    // The first one reads above the cut; the second one stops there, and is taken on by `next`.
    const wanted = winner === 6 ? layers : [1];
    const [look] = await backend.lookAhead([{ context, tokens: [5, 6, 8, 9], layers: wanted }]);
    if (look === undefined) throw new Error('no look-ahead');
    for (const layer of wanted) found.push(look.hidden(layer).slice());
    const next = look.commit(winner);
    backend.release(context);
    context = next;
    const [{ asked } = { asked: new Float64Array() }] = await backend.next([
      { context, topK: 3, tokens: all },
    ]);
    found.push(Float32Array.from(asked));
  }
  backend.release(context);
  found.push(Float32Array.from(await backend.logProbs(prompt)));
  const states = await backend.states([prompt, prompt.slice(3, 9)], { layers: [LAYERS] });
  for (const each of states) found.push(each.hidden(LAYERS).slice());
  return found;
}

/** The widest difference, as a share of the largest number that there is of its kind, where that is above 1. */
const distance = (found: readonly Float32Array[], wanted: readonly Float32Array[]) =>
  Math.max(
    ...wanted.map((each, index) => {
      const largest = each.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
      return widest(found[index] ?? [], each) / largest;
    }),
  );

describe.each(PLACES)('the trunk for a GPU %s', (_, place, isThere) => {
  let models: GpuModels;
  let reference: readonly Float32Array[];
  beforeAll(async () => {
    models = await gpuModels('grouped-tied', place);
    reference = await account(await models.reference());
  });
  afterAll(async () => models.close());

  async function withBackend<T>(
    precision: GpuArithmetic,
    use: (backend: Backend) => Promise<T>,
    cacheBytes = 0,
  ) {
    const backend = await models.open(precision, cacheBytes);
    return use(backend).finally(async () => backend.dispose());
  }

  it.skipIf(!isThere)('has the numbers of the processor in f32, and leaves no operator to it', async () => {
    expect(distance(await withBackend('f32', account), reference)).toBeLessThan(1e-3);
  });

  it.skipIf(!isThere)('says that it is not exact', async () => {
    expect(await withBackend('f32', async ({ exact }) => exact)).toBe(false);
  });

  it.skipIf(!isThere)('finds the same in four bits as the processor in four bits', async () => {
    const host = await gpuModels('grouped-tied', 'cpu');
    try {
      const wanted = await host
        .open('int4')
        .then(async (backend) => account(backend).finally(async () => backend.dispose()));
      const found = await withBackend('int4', account);
      expect(distance(found, wanted)).toBeLessThan(1e-3);
      expect(distance(found, reference)).toBeGreaterThan(1e-3);
    } finally {
      await host.close();
    }
  });

  it.skipIf(!isThere || (place === 'webgpu' && gpu?.halves !== true))(
    `is close to that in half precision${place === 'webgpu' ? ' (on a GPU with shader-f16 alone)' : ''}`,
    async () => {
      const found = distance(await withBackend('f16', account), reference);
      expect(found).toBeLessThan(1e-2);
      expect(found).toBeGreaterThan(1e-6);
    },
  );

  it.skipIf(!isThere)(
    'writes what the processor writes, plain and steered, and knows its prompt again',
    async () => {
      const write = async (backend: Backend) => {
        const halfspace = await createHalfspace({
          backend,
          attributes: [calmFor(backend)],
        });
        const complete = async () =>
          halfspace.generate({
            prompt: 'abcdefgh',
            weights: { calm: 3 },
            samples: 3,
            maxTokens: 12,
            seed: 5,
          });
        return [await complete(), await complete()] as const;
      };
      const wanted = await write(await models.reference());
      const [cold, warm] = await withBackend('f32', write, 2 ** 20);
      expect(cold.map(({ tokens }) => tokens)).toEqual(wanted[0].map(({ tokens }) => tokens));
      expect(warm.map(({ tokens }) => tokens)).toEqual(wanted[0].map(({ tokens }) => tokens));
      expect(warm[0]?.cachedTokens).toBeGreaterThan(0);
      expect(cold[0]?.warnings?.join()).toContain('not exact');
    },
  );

  // On a GPU with a cache alone: a program that plays one takes its time, and the cache brings all that there is into it.
  const caches = [['with a cache', 2 ** 20] as const, ['without a cache', 0] as const];
  describe.each(place === 'webgpu' ? caches.slice(0, 1) : caches)(
    'keeps the contract of backends %s',
    (__, cacheBytes) => {
      const checks = backendConformance(async () => models.open('f32', cacheBytes));
      it.skipIf(!isThere).each(checks)('$name', async ({ run }) => run());
    },
  );
});
