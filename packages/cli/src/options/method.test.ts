import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAttribute } from './attribute.js';
import { collectMethods } from './method.js';

const attribute = fc.constantFrom(
  'nontoxic',
  'self-harm=2',
  './formal.json=-0.5',
  './runs/a(1).json=3',
  'nontoxic=min(2, 4*progress)',
  'nontoxic=min(2,step==3)',
  'nontoxic=clip(step,min(1,progress),2)',
  'nontoxic=(step<3 ? max(1,step) : 2)',
);

it('takes the attributes of a method apart at commas that no schedule has in its parentheses', () => {
  fc.assert(
    fc.property(fc.array(attribute, { minLength: 1, maxLength: 4 }), (parts) => {
      expect(collectMethods(parts.join(','))).toEqual([{ attributes: parts.map(parseAttribute) }]);
    }),
  );
});

it('knows the plain model and files, and collects methods in order', () => {
  const first = collectMethods('plain');
  expect(collectMethods('@methods.json', first)).toEqual([{ attributes: [] }, { file: 'methods.json' }]);
});

it.each(['', 'nontoxic=2,', ',', 'nontoxic='])('refuses %j', (text) => {
  expect(() => collectMethods(text)).toThrow(/Name a|weight must be/);
});
