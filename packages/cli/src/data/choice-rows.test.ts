import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readChoices } from './choice-rows.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

async function read(row: object) {
  const path = join(await temporaryDirectory(), 'choices.jsonl');
  await writeFile(path, `${JSON.stringify(row)}\n`);
  return readChoices([path], { choices: ['mc1'] }, new AbortController().signal);
}

it('reads answers and whether they are right, and leaves an empty one out', async () => {
  expect(await read({ question: 'q', mc1: { a: 1, b: 0, '': 0 } })).toEqual({
    mc1: [
      {
        prompt: 'q',
        choices: [
          { response: 'a', right: true },
          { response: 'b', right: false },
        ],
      },
    ],
  });
});

it('reads answers and whether they are right from two lists, too', async () => {
  const lists = { choices: ['a', 'b', ''], labels: [1, 0, 0] };
  const object = { a: 1, b: 0, '': 0 };
  expect(await read({ question: 'q', mc1: lists })).toEqual(await read({ question: 'q', mc1: object }));
  const named = await read({ question: 'q', mc1: { choices: 1, labels: 0 } });
  expect(named['mc1'][0].choices.map(({ response }) => response)).toEqual(['choices', 'labels']);
});

it('takes an answer with nothing behind it for one of another row', async () => {
  const { mc1 } = await read({ question: 'q', mc1: { a: 1, b: 0, c: null } });
  expect(mc1[0].choices.map(({ response }) => response)).toEqual(['a', 'b']);
});

it.each([
  ['nothing to choose from', { a: 1, '': 0 }],
  ['no answer that is right', { a: 0, b: 0 }],
  ['something else', { a: 1, b: 'no' }],
  ['no answers', 'a'],
  ['lists of different lengths', { choices: ['a', 'b'], labels: [1] }],
  ['a list without a label', { choices: ['a', 'b', 'c'], labels: [1, 0, null] }],
  ['a list of something else', { choices: ['a', 2], labels: [1, 0] }],
])('refuses %s', async (_, mc1) => {
  await expect(read({ question: 'q', mc1 })).rejects.toThrow('"mc1" must hold answers and whether');
});
