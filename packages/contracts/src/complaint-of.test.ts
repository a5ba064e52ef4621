import { expect, it } from 'vitest';
import { complaintOf, describeValue } from './complaint-of.js';

const throwing = {
  get message(): string {
    throw new Error('no');
  },
};
const endless = new Proxy([], {
  get: (target, key) => (key === 'length' ? 2 ** 32 : Reflect.get(target, key)),
});

it.each<[unknown, string | RegExp]>([
  [new Error('gone'), 'gone'],
  ['boo', 'boo'],
  [new Error(''), 'it threw an error without a message'],
  [Object.assign(new Error('x'), { message: { a: 1 } }), 'it threw an error without a message'],
  [throwing, 'it threw an error whose message cannot be read'],
  [Object.create(null), 'it threw an object without a text'],
  [undefined, 'it threw undefined'],
  [null, 'it threw null'],
  ['', 'it threw an empty text'],
  [Symbol('s'), 'it threw Symbol(s)'],
  [7n, 'it threw 7'],
  [() => 1, 'it threw a function'],
  [endless, 'it threw a list'],
  [new Float64Array(2 ** 20), 'it threw a list of numbers'],
  [new Error('a'.repeat(1e6)), /^a{1000}…$/],
])('says in words what was thrown, whatever it is (case %#)', (thrown, expected) => {
  const complaint = complaintOf(thrown);
  if (typeof expected === 'string') expect(complaint).toBe(expected);
  else expect(complaint).toMatch(expected);
});

it('shows a value that has no text', () => {
  expect(describeValue(Object.create(null))).toBe('an object without a text');
  expect(describeValue({ toString: () => 'mine' })).toBe('mine');
});
