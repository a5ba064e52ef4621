import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { directoryWith } from '../testing/directory-with.js';
import { assertNoModules, differencesFrom, readWeights, tunedWith, weightsAt } from './weights-file.js';

const { signal } = new AbortController();

it('names paths as seen from the file, so that they hold wherever it is read', async () => {
  const directory = await directoryWith({ 'kept/none.txt': '' });
  const path = join(directory, 'kept/weights.json');
  const choices = [
    { source: 'toxicity', weight: 1.5 },
    { source: relative(process.cwd(), join(directory, 'calm.json')), weight: -1 },
    { source: join(directory, 'kept/kind'), weight: 0 },
  ];
  const weights = weightsAt(path, choices);
  expect(weights).toEqual({ toxicity: 1.5, '../calm.json': -1, './kind': 0 });

  const other = await directoryWith({
    'kept/weights.json': JSON.stringify({ weights, model: 'a', decoding: {}, more: 1 }),
  });
  expect(await readWeights(join(other, 'kept/weights.json'), signal)).toEqual({
    model: 'a',
    decoding: {},
    choices: [
      { source: 'toxicity', weight: 1.5 },
      { source: join(other, 'calm.json'), weight: -1 },
      { source: join(other, 'kept/kind'), weight: 0 },
    ],
  });
});

it.each([
  '',
  '{}',
  '[]',
  '{"weights":{},"model":"a","decoding":{}}',
  '{"weights":{"a":"1"},"model":"a","decoding":{}}',
  '{"weights":{"a":1},"decoding":{}}',
])('takes %j for no weights', async (text) => {
  const directory = await directoryWith({ 'weights.json': text });
  await expect(readWeights(join(directory, 'weights.json'), signal)).rejects.toMatchObject({
    code: 'bad-weights',
  });
});

it('tells modules from data among what weights name', () => {
  const named = (...sources: string[]) => ({
    choices: sources.map((source) => ({ source, weight: 1 })),
    model: 'a',
    decoding: {},
  });
  expect(() => assertNoModules(named('toxicity', '/calm.json'), 'w.json')).not.toThrow();
  for (const source of ['/kind', '/kind.mjs', '/kind.ts', 'kind.js', './kind/']) {
    expect(() => assertNoModules(named('toxicity', source), 'w.json')).toThrow(
      expect.objectContaining({ code: 'module-not-allowed', message: expect.stringContaining(source) }),
    );
  }
});

it('says what is not as it was in tuning', () => {
  const options = { cap: Infinity, early: false, temperature: 1, topP: 0.9, topK: 10, maxTokens: 20 };
  const tuned = { choices: [], model: 'a', decoding: tunedWith(options) };
  expect(differencesFrom(tuned, { ...options, maxTokens: 9 })).toBeUndefined();
  expect(differencesFrom(tuned, { ...options, cap: 1, topK: 5 })).toMatch(
    /tuned with cap none and not 1, topK 10 and not 5:/,
  );
});
