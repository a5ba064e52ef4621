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

it('aligns text of any script by the columns that it takes', () => {
  expect(
    table([
      ['method', 'margin', 'text'],
      ['日本語', '1.00', 'e\u0301'],
      ['👩‍👩‍👧', '-2.00', 'x'],
      ['plain', '3.00', 'y'],
    ]),
  ).toEqual(['method  margin  text', '日本語    1.00  e\u0301', '👩‍👩‍👧       -2.00  x', 'plain     3.00  y']);
});

it('keeps a cell in its line, and counts what it shows of it', () => {
  expect(
    table([
      ['name', 'n'],
      ['a\n\u001b[2J', '1'],
    ]),
  ).toEqual(['name          n', String.raw`a\n\u001b[2J  1`]);
});

it('of nothing has no lines', () => expect(table([])).toEqual([]));
