import { expect, it } from 'vitest';
import { table } from './table.js';

it('aligns words to the left and numbers to the right', () => {
  expect(
    table([
      ['name', 'ms', 'note'],
      ['plain', '9.50', ''],
      ['a, b', '-10.25', '2 x'],
    ]),
  ).toEqual(['name       ms  note', 'plain    9.50', 'a, b   -10.25  2 x']);
});
