import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/temporary-directory.js';
import { readWords } from './read-words.js';

async function wordsOf(name: string, text: string): Promise<string[]> {
  const path = join(await temporaryDirectory(), name);
  await writeFile(path, text);
  return readWords(path);
}

it.each([
  ['words.txt', 'rose\n\ntulip, red\n'],
  ['words.csv', 'word,kind\nrose,1\n"tulip, red",2\n'],
  ['words.tsv', 'kind\tword\n1\trose\n2\ttulip, red\n'],
  ['words.jsonl', '{"word":"rose"}\n{"word":"tulip, red"}\n'],
  ['words.json', '[{"word":"rose"},{"word":"tulip, red"}]'],
])('words are read by the ending of %s', async (name, text) => {
  expect(await wordsOf(name, text)).toEqual(['rose', 'tulip, red']);
});

it('a header or a bracket is never a word', async () => {
  await expect(wordsOf('words.csv', 'rose\ntulip\n')).rejects.toMatchObject({ code: 'bad-row' });
  await expect(wordsOf('words.json', '["rose"]')).rejects.toMatchObject({ code: 'bad-row' });
});
