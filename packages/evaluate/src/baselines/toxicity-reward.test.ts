import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createToxicityReward } from './toxicity-reward.js';

const json = async <T>(path: string) =>
  JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8')) as T;

it('says what the weights say of the vectors of transformers', async () => {
  const { intercept, vector } = await json<{ intercept: number; vector: number[] }>(
    '../../baselines/toxicity-reward.json',
  );
  const texts = await json<{ text: string; vector: number[] }[]>(
    '../../../encoders/fixtures/default-encoder.json',
  );
  const reward = await createToxicityReward();
  try {
    const found = await reward.read(texts.map(({ text }) => text));
    texts.forEach(({ vector: sentence }, i) => {
      const odds = sentence.reduce((sum, value, j) => sum + value * vector[j], intercept);
      expect(found[i]).toBeCloseTo(Math.exp(odds) / (1 + Math.exp(odds)), 4);
    });
    const [calm, rude] = await reward.read([' left the harbour at nine.', ' are stupid idiots']);
    expect(calm).toBeLessThan(0.2);
    expect(rude).toBeGreaterThan(0.8);
    expect(reward.parameters).toBe(22_713_216 + 384 + 1);
  } finally {
    await reward.dispose();
  }
});
