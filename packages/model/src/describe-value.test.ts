import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeValue } from './describe-value.js';

const SETTINGS = { depth: 0, maxStringLength: 100, maxArrayLength: 5, breakLength: Infinity };

it.each([
  ["it's", '"it\'s"'],
  ['a\nb', "'a\\nb'"],
  ['\u001b[31m', "'\\x1B[31m'"],
  ['x'.repeat(101), `'${'x'.repeat(100)}'... 1 more character`],
  [undefined, 'nothing'],
  [null, 'null'],
  [12n, '12n'],
  [-0, '-0'],
  [[], '[]'],
  [[1, 'a', [2], { b: 3 }, {}, 6, 7], "[ 1, 'a', [Array], [Object], {}, ... 2 more items ]"],
  [{ a: 1, 'b-c': [1] }, "{ a: 1, 'b-c': [Array] }"],
  [{}, '{}'],
])('shows %o', (value, shown) => expect(describeValue(value)).toBe(shown));

it('shows what files hold as Node does', () => {
  const plain = fc.string({
    unit: fc.constantFrom(...Array.from('ab\'"`\\\b\t\n\u000b\f\r\u001b\u007f\u0085é')),
    maxLength: 120,
  });
  const values = fc.oneof(plain, fc.integer(), fc.boolean(), fc.constant(null), fc.bigInt(), fc.double());
  const lists = fc.array(values, { maxLength: 9 });
  fc.assert(
    fc.property(fc.oneof(values, lists), (value) => {
      expect(describeValue(value)).toBe(inspect(value, SETTINGS));
    }),
  );
});
