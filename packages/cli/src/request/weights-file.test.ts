import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { directoryWith } from '../testing/directory-with.js';
import { assertNoModules, differencesFrom, readWeights, tunedWith, weightsAt } from './weights-file.js';

const { signal } = new AbortController();

it('names paths as seen from the file, so that they hold wherever it is read', async () => {
  const directory = await directoryWith({ 'kept/none.txt': '' });
  const path = join(directory, 'kept/weights.json');
  const choices = [
    { source: 'nontoxic', weight: 1.5, cap: 0 },
    { source: relative(process.cwd(), join(directory, 'calm.json')), weight: -1, cap: Infinity },
    { source: join(directory, 'kept/kind'), weight: 0, cap: 0.5 },
  ];
  const weights = weightsAt(path, choices);
  expect(weights).toEqual({
    nontoxic: { weight: 1.5, cap: 0 },
    '../calm.json': { weight: -1, cap: 'none' },
    './kind': { weight: 0, cap: 0.5 },
  });

  const other = await directoryWith({
    'kept/weights.json': JSON.stringify({ weights, model: 'a', decoding: {}, more: 1 }),
  });
  expect(await readWeights(join(other, 'kept/weights.json'), signal)).toEqual({
    model: 'a',
    decoding: {},
    choices: [
      { source: 'nontoxic', weight: { weight: 1.5, cap: 0 } },
      { source: join(other, 'calm.json'), weight: { weight: -1, cap: Infinity } },
      { source: join(other, 'kept/kind'), weight: { weight: 0, cap: 0.5 } },
    ],
  });
});

it.each([
  '',
  '{}',
  '[]',
  '{"weights":{},"model":"a","decoding":{}}',
  '{"weights":{"a":"1"},"model":"a","decoding":{}}',
  '{"weights":{"a":{"cap":1}},"model":"a","decoding":{}}',
  '{"weights":{"a":{"weight":1,"cap":-1}},"model":"a","decoding":{}}',
  '{"weights":{"a":1},"decoding":{}}',
])('takes %j for no weights', async (text) => {
  const directory = await directoryWith({ 'weights.json': text });
  await expect(readWeights(join(directory, 'weights.json'), signal)).rejects.toMatchObject({
    code: 'bad-weights',
  });
});

it('reads weights, or refuses in words whatever else a file holds', async () => {
  const weights = { nontoxic: 1.5, kind: { weight: 2, cap: 1 } };
  const whole = JSON.stringify({ weights, model: 'a', decoding: { cap: 1 } });
  const path = join(await directoryWith({ 'weights.json': whole }), 'weights.json');
  const changed = fc
    .tuple(fc.nat(whole.length), fc.nat(9), fc.string({ maxLength: 4 }))
    .map(([at, length, other]) => whole.slice(0, at) + other + whole.slice(at + length));
  await fc.assert(
    fc.asyncProperty(fc.oneof(changed, fc.json(), fc.string()), async (text) => {
      await writeFile(path, text);
      const code = await readWeights(path, signal).then(
        () => 'read',
        (error: unknown) => (error as { readonly code?: unknown }).code,
      );
      expect(['read', 'bad-weights', 'not-readable']).toContain(code);
    }),
    { numRuns: 500 },
  );
});

it('tells modules from data among what weights name', () => {
  const named = (...sources: string[]) => ({
    choices: sources.map((source) => ({ source, weight: 1 })),
    model: 'a',
    decoding: {},
  });
  expect(() => assertNoModules(named('nontoxic', '/calm.json'), 'w.json')).not.toThrow();
  for (const source of ['/kind', '/kind.mjs', '/kind.ts', 'kind.js', './kind/']) {
    expect(() => assertNoModules(named('nontoxic', source), 'w.json')).toThrow(
      expect.objectContaining({ code: 'module-not-allowed', message: expect.stringContaining(source) }),
    );
  }
});

it('says what is not as it was in tuning', () => {
  const options = { earlyExit: false, temperature: 1, topP: 0.9, topK: 10, maxTokens: 20 };
  const choices = [{ source: 'kind', weight: { weight: 1, cap: Infinity } }];
  const tuned = { choices, model: 'a', decoding: tunedWith(options) };
  expect(differencesFrom(tuned, { ...options, maxTokens: 9 })).toBeUndefined();
  expect(differencesFrom(tuned, options, Infinity)).toBeUndefined();
  expect(differencesFrom(tuned, { ...options, topK: 5 }, 1)).toMatch(
    /tuned with cap none and not 1, topK 10 and not 5:/,
  );
});

it('has numbers as numbers, also of settings, and reads files that have those as texts, and one cap for all weights', async () => {
  const options = { earlyExit: false, temperature: 1, topP: 0.9, topK: 10, maxTokens: 20 };
  expect(tunedWith(options)).toEqual({ earlyExit: false, temperature: 1, topP: 0.9, topK: 10 });
  const decoding = { ...tunedWith(options), cap: 0.5 };
  const texts = Object.fromEntries(Object.entries(decoding).map(([name, value]) => [name, String(value)]));
  for (const each of [decoding, texts]) {
    const text = JSON.stringify({ weights: { nontoxic: 2 }, model: 'a', decoding: each });
    const directory = await directoryWith({ 'weights.json': `\uFEFF${text}` });
    const found = await readWeights(join(directory, 'weights.json'), signal);
    expect(found.choices).toEqual([{ source: 'nontoxic', weight: { weight: 2, cap: 0.5 } }]);
    expect(differencesFrom(found, options, 0.5)).toBeUndefined();
    expect(differencesFrom(found, options, 1)).toContain('cap 0.5 and not 1');
    expect(differencesFrom(found, { ...options, topK: 5 })).toContain('topK 10 and not 5');
  }
});

it('refuses a setting by the name that it had, with the one that it has', async () => {
  const text = '{"weights": {"kind": 2}, "model": "a", "decoding": {"early": true}}';
  const directory = await directoryWith({ 'weights.json': text });
  await expect(readWeights(join(directory, 'weights.json'), signal)).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringContaining('"early" is now "earlyExit".'),
  });
});

it.each([
  [
    '{"weights":{"nontoxic":"2"},"model":"a","decoding":{}}',
    'weights.nontoxic must be number or object; got "2"',
  ],
  ['{"weights":{"a":1,"a":4},"model":"a","decoding":{}}', 'the key "a" stands twice'],
  ['{"weights":{"a":1},"model":"a"}', 'the file must have "decoding", which is missing'],
  ['{"weights":{"a":1},}', 'this is no JSON'],
])('says what is wrong with %s', async (text, message) => {
  const path = join(await directoryWith({ 'weights.json': text }), 'weights.json');
  await expect(readWeights(path, signal)).rejects.toThrow(message);
});
