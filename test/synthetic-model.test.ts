import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModel, createTokenizer, modelNeeds, openModelFile } from '../packages/model/src/index.js';
import { SHAPES, tensorsOf, writeModel } from '../bench/synthetic-model.mjs';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'halfspace-'))));
afterAll(async () => rm(directory, { recursive: true }));

const SMALL = {
  layers: 2,
  width: 256,
  feedForward: 512,
  heads: 4,
  keyValueHeads: 2,
  headWidth: 64,
  vocabulary: 2000,
  context: 32,
  base: 1e4,
};
const shapes = {
  llama: { ...SMALL, family: 'llama', tied: false },
  gpt2: { ...SMALL, family: 'gpt2', keyValueHeads: 4, tied: true },
};

describe('a synthetic model', () => {
  it.each([
    ['llama', 'Q4_K'],
    ['llama', 'Q8_0'],
    ['llama', 'F16'],
    ['llama', 'safetensors'],
    ['gpt2', 'Q8_0'],
    ['gpt2', 'F16'],
  ] as const)(
    'of the family %s in %s is read, compiled, and no two of its matrices are alike',
    async (family, format) => {
      const path = join(directory, format === 'safetensors' ? 'model' : `${family}-${format}.gguf`);
      await writeModel(path, shapes[family], format);
      const model = await openModelFile(path);
      const tokenizer = await createTokenizer(model);
      expect(tokenizer.vocabularySize).toBe(2000);
      expect(tokenizer.decode(tokenizer.encode('the a to in'))).toBe('the a to in');
      const sums = new Set<number>();
      let matrices = 0;
      for (const { name, shape } of model.tensors.values()) {
        if (shape.length < 2) continue;
        const numbers = await model.readF32(name);
        const squares = numbers.reduce((sum, number) => sum + number * number, 0);
        // As large as in a model that was trained.
        if (!name.includes('position')) expect(Math.sqrt(squares / numbers.length)).toBeCloseTo(0.02, 1);
        sums.add(squares);
        matrices++;
      }
      expect(sums.size).toBe(matrices);
      const needs = await modelNeeds(model, { cache: directory, kvCache: 'f32' });
      let total = 0;
      const options = { precision: 'int8' as const, cache: directory };
      await compileModel(model, { ...options, onProgress: (_, bytes) => (total = bytes.total) });
      expect(total).toBe(needs.arithmetics.int8?.disk);
      await model.close();
    },
  );

  it.each<[keyof typeof SHAPES, number]>([
    ['gpt2-large', 774_030_080],
    ['llama-3.2-1b', 1_235_814_400],
    ['smollm2-1.7b', 1_711_376_384],
    ['llama-3.2-3b', 3_212_749_824],
    ['llama-2-7b', 6_738_415_616],
    ['llama-3.1-8b', 8_030_261_248],
  ])('of the shape %s has as many weights as the published one', (name, published) => {
    const tensors = tensorsOf(SHAPES[name]) as { readonly shape: readonly number[] }[];
    expect(tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(published);
  });
});
