import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkConfig } from './check-config.js';

const WHOLE = {
  attributes: ['./calm'],
  formula: 'nontoxic',
  model: '../m.gguf',
  preset: 'light',
  precision: 'f32',
  threads: 2,
  modules: ['./own.js'],
};

it('takes a config as it is, or says in words what is wrong with it', () => {
  expect(checkConfig(WHOLE, 'c')).toBe(WHOLE);
  const altered = fc
    .dictionary(fc.oneof(fc.constantFrom(...Object.keys(WHOLE)), fc.string()), fc.jsonValue(), { maxKeys: 3 })
    .map((entries) => ({ ...WHOLE, ...entries }));
  fc.assert(
    fc.property(fc.oneof(altered, fc.jsonValue(), fc.anything()), (value) => {
      try {
        expect(checkConfig(value, 'c')).toBe(value);
      } catch (error) {
        expect(error).toMatchObject({
          code: 'bad-config',
          message: expect.stringMatching(/^c: \S/) as string,
        });
      }
    }),
    { numRuns: 2000 },
  );
});
