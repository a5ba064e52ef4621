import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendConformance } from '@halfspace/core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyGguf } from '../../model/src/testing/tiny-llama.js';
import { createOnnxBackend } from './create-onnx-backend.js';
import { fourBitGguf } from './testing/four-bit-model.js';
import { widest } from './testing/widest.js';

let directory: string;
let model: string;
const directories: string[] = [];
beforeEach(async () => {
  directories.push((directory = await mkdtemp(join(tmpdir(), 'halfspace-'))));
  vi.stubEnv('HALFSPACE_CACHE', join(directory, 'cache'));
  model = join(directory, 'tiny.gguf');
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () =>
  Promise.all(directories.map(async (each) => rm(each, { recursive: true, force: true }))),
);

const TOKENS = [5, 17, 60, 3, 91, 22, 8];

/** Hidden states of every layer and log-probabilities of a text. */
async function read(precision: 'f32' | 'int4') {
  await using backend = await createOnnxBackend({ model, precision, threads: 1 });
  const layers = [0, 1, 2];
  const [states] = await backend.states([TOKENS], { layers });
  return {
    hidden: layers.map((layer) => states.hidden(layer).slice()),
    logProbs: [...(await backend.logProbs(TOKENS))],
  };
}

describe('four-bit weights of a file', () => {
  it.each<[string, Parameters<typeof fourBitGguf>[0]]>([
    ['Q4_0', () => 'Q4_0'],
    ['Q4_1', () => 'Q4_1'],
    [
      'Q4_1, but for values and the last product',
      (name: string) => (/attn_v|ffn_down/.test(name) ? undefined : 'Q4_1'),
    ],
    ['Q4_1, but for the embedding', (name: string) => (name.includes('embd') ? undefined : 'Q4_1')],
    [
      'Q4_0, and projections of attention in Q4_1',
      (name: string) => (name.includes('attn') ? 'Q4_1' : 'Q4_0'),
    ],
  ])('compute what they stand for: %s', async (_, typeOf) => {
    await writeFile(model, fourBitGguf(typeOf));
    const [exact, found] = [await read('f32'), await read('int4')];
    // Embeddings are looked up: nothing is rounded but the offsets of Q4_1.
    expect(widest(found.hidden[0], [...exact.hidden[0]])).toBeLessThan(5e-4);
    // Activations are rounded to eight bits.
    const size = Math.max(...exact.hidden[1].map(Math.abs));
    for (const layer of [1, 2])
      expect(widest(found.hidden[layer], [...exact.hidden[layer]])).toBeLessThan(0.05 * size);
    found.logProbs.forEach((each, at) => expect(Math.abs(each - exact.logProbs[at])).toBeLessThan(0.25));
  });

  it('are asked for in vain where the file has none', async () => {
    await writeFile(model, tinyGguf());
    await expect(createOnnxBackend({ model, precision: 'int4' })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringContaining('Q4_K') as string }),
    );
  });
});

describe('the contract of backends, in four bits', () => {
  const opened: { dispose(): Promise<void> }[] = [];
  afterAll(async () => Promise.all(opened.map(async (each) => each.dispose())));
  const checks = backendConformance(async () => {
    await writeFile(
      model,
      fourBitGguf(() => 'Q4_1'),
    );
    const backend = await createOnnxBackend({ model, precision: 'int4', threads: 1 });
    opened.push(backend);
    return backend;
  });
  it.each(checks)('$name', async ({ run }) => run());
});
