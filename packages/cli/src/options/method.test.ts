import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAttribute } from './attribute.js';
import { collectMethods } from './method.js';

const attribute = fc.constantFrom(
  'toxicity',
  'self-harm=2',
  './formality.json=-0.5',
  './runs/a(1).json=3',
  'toxicity=min(2, 4*progress)',
  'toxicity=min(2,step==3)',
  'toxicity=clip(step,min(1,progress),2)',
  'toxicity=(step<3 ? max(1,step) : 2)',
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

it.each(['', 'toxicity=2,', ',', 'toxicity='])('refuses %j', (text) => {
  expect(() => collectMethods(text)).toThrow(/Name a|weight must be/);
});
