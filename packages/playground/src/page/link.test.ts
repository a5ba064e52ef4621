import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fragmentOf, keyOfFragment, settingsOfFragment } from './link.js';
import type { Settings } from './settings.js';

const text = fc.string({ unit: 'grapheme' });
const settings: fc.Arbitrary<Settings> = fc.record({
  mode: fc.constantFrom('completion', 'chat'),
  prompt: text,
  system: text,
  turns: fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: text })),
  begun: text,
  weights: fc.dictionary(
    fc.stringMatching(/^[a-z][a-z-]*$/),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((weight) => weight !== 0),
  ),
  preset: fc.constantFrom('none', 'light', 'own'),
  seed: fc.nat(),
  maxTokens: fc.nat(),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
});

it('has all of the settings, however a text is written', () => {
  const defaults = { system: '', turns: [], begun: '', preset: 'none' };
  fc.assert(
    fc.property(settings, (given) => {
      const found = { ...defaults, ...settingsOfFragment(fragmentOf(given)) };
      expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(JSON.stringify(given)));
    }),
  );
});

it('takes from what a stranger wrote only what can be', () => {
  expect(
    settingsOfFragment('#m=x&p=a&w.kind=NaN&w.calm=1&s=&n=abc&c=[{"role":"system","content":"a"}]'),
  ).toEqual({
    prompt: 'a',
    weights: { calm: 1 },
  });
  fc.assert(fc.property(text, (fragment) => settingsOfFragment(fragment) !== undefined));
});

it('never has the key', () => {
  expect(keyOfFragment('#key=a%20b')).toBe('a b');
  expect(settingsOfFragment('#key=secret')).toEqual({});
});
