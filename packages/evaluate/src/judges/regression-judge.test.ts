import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRegressionJudge } from './regression-judge.js';
import { toxicityFeatures } from './toxicity-judge.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'judge-'));
});
afterAll(async () => rm(directory, { recursive: true }));

const WEIGHTS = new URL('../../judges/toxicity.json', import.meta.url);

async function openWith(content: string) {
  const path = join(directory, 'weights.json');
  await writeFile(path, content);
  const definition = {
    name: 'rude',
    description: 'rude',
    desired: 'low',
    features: toxicityFeatures,
  } as const;
  return createRegressionJudge({ ...definition, weights: pathToFileURL(path) }, { threads: 1 });
}

it.each([
  ['cannot be read', () => '{"encoder":', /weights of the judge rude is damaged/],
  ['lack something', (weights: object) => JSON.stringify({ ...weights, lexical: undefined }), /damaged/],
  [
    'have a word for a number',
    (weights: object) => JSON.stringify({ ...weights, intercept: 'none' }),
    /damaged/,
  ],
  [
    'are of another encoder',
    (weights: object) => JSON.stringify({ ...weights, encoder: 'abc' }),
    /encoder abc, and not 53aa/,
  ],
  [
    'are too few',
    (weights: object) => JSON.stringify({ ...weights, vector: [1, 2] }),
    /384 numbers .* weights for 2\b/,
  ],
])('refuses weights that %s', async (_, damage, message) => {
  const weights = JSON.parse(await readFile(WEIGHTS, 'utf8')) as object;
  await expect(openWith(damage(weights))).rejects.toMatchObject({
    code: 'bad-judge',
    message: expect.stringMatching(message) as string,
  });
});

it('counts lexical features by their numbers, and those without a weight as nothing', async () => {
  const weights = JSON.parse(await readFile(WEIGHTS, 'utf8')) as object & { vector: number[] };
  const path = join(directory, 'plain.json');
  await writeFile(
    path,
    JSON.stringify({
      ...weights,
      intercept: -1,
      vector: weights.vector.map(() => 0),
      lexical: { letters: 0.5 },
    }),
  );
  const judge = await createRegressionJudge(
    {
      name: 'letters',
      description: 'long',
      desired: 'low',
      weights: pathToFileURL(path),
      features: {
        ...toxicityFeatures,
        lexicalOf: ({ completion }) =>
          new Map([
            ['letters', completion.length],
            ['other', 100],
          ]),
      },
    },
    { threads: 1 },
  );
  try {
    const scores = await judge.score([
      { prompt: '', completion: 'ab' },
      { prompt: '', completion: 'abcdef' },
    ]);
    expect(scores[0]).toBeCloseTo(0.5, 12);
    expect(scores[1]).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
  } finally {
    await judge.dispose();
  }
});
