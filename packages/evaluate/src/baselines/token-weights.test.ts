import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readTokenWeights } from './token-weights.js';

it.each(['toxicity-discriminator', 'toxicity-experts'])(
  '%s has a finite number for each of its tokens',
  async (name) => {
    const path = new URL(`../../baselines/${name}.json`, import.meta.url);
    const { model } = JSON.parse(await readFile(path, 'utf8')) as { model: string };
    const info = { name: 'a model', fingerprint: model, layers: 1, width: 1, contextLength: 1 };
    const { weights } = await readTokenWeights(name, info);
    expect(weights.size).toBeGreaterThan(5000);
    expect([...weights.keys()].every((token) => Number.isInteger(token) && token >= 0)).toBe(true);
    expect([...weights.values()].every((weight) => Number.isFinite(weight))).toBe(true);
    expect(Math.min(...weights.values())).toBeLessThan(-1);
    expect(Math.max(...weights.values())).toBeGreaterThan(0.5);
    await expect(readTokenWeights(name, { ...info, fingerprint: 'another' })).rejects.toMatchObject({
      code: 'bad-method',
      message: expect.stringMatching(/Fit it again/),
    });
  },
);
