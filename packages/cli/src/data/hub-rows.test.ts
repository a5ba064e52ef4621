import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startFakeHub, type FakeHub } from '../../../model/src/testing/fake-hub.js';
import { openLabelledTexts } from './labelled-texts.js';
import { columnRecipe } from '../attributes/label-recipe.js';
import { recipeOf } from '../attributes/recipe-of.js';
import { readRows } from './stream-rows.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
let hub: FakeHub;
const notes: string[] = [];

beforeEach(async () => {
  const folder = await temporaryDirectory();
  vi.stubEnv('HF_HUB_CACHE', join(folder, 'hub'));
  vi.stubEnv('HALFSPACE_CACHE', join(folder, 'halfspace'));
  vi.stubEnv('HF_TOKEN', '');
  notes.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => notes.push(String(text)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await hub.close();
});

async function start(repository: string, files: Record<string, string | Uint8Array>): Promise<void> {
  hub = await startFakeHub(
    repository,
    new Map(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)])),
  );
  vi.stubEnv('HF_ENDPOINT', hub.url);
}

async function textsOf(name: string, attribute: string) {
  const texts = [];
  for await (const text of openLabelledTexts([name], {}, await recipeOf(attribute, {}))) texts.push(text);
  return texts;
}

it('a set whose columns are known is read as the attribute reads its own data', async () => {
  const comments = ['Well said.', 'You fool.', 'Hm.'];
  const column = (data: readonly unknown[]) =>
    Buffer.from(
      parquetWriteBuffer({
        columnData: [
          { name: 'text', data: [...comments], type: 'STRING' },
          { name: 'toxicity', data: [...data], type: 'FLOAT' },
        ],
      }),
    );
  await start('google/civil_comments', {
    'README.md': 'about',
    'data/train-00000-of-00002.parquet': column([0, 0.75, 0.375]),
    'data/train-00001-of-00002.parquet': column([0.125, 1, 0]),
    'data/test-00000-of-00001.parquet': column([0, 0, 0]),
  });
  const texts = await textsOf('hf:google/civil_comments', 'nontoxic');
  expect(texts.map(({ response, label }) => [response, label])).toEqual([
    ['Well said.', 1],
    ['You fool.', 0],
    ['Well said.', 1],
    ['You fool.', 0],
    ['Hm.', 1],
  ]);
  expect(new Set(texts.map(({ group }) => group)).size).toBe(5);
  const said = notes.join('');
  expect(said).toContain('CC0-1.0');
  expect(said).toContain('0123456789ab');
  await textsOf('hf:google/civil_comments', 'nontoxic');
  expect(notes.join('')).toBe(said);
});

it('pairs and packed files are read, too', async () => {
  const row = {
    context: [{ role: 'user', content: 'How?' }],
    response1: 'So.',
    response2: 'No idea.',
    overall_preference: -2,
  };
  await start('nvidia/HelpSteer3', { 'preference/train.jsonl.gz': gzipSync(`${JSON.stringify(row)}\n`) });
  expect(await textsOf('hf:nvidia/HelpSteer3', 'helpful')).toEqual([
    { prompt: 'How?', group: 'How?', response: 'So.', label: 1 },
    { prompt: 'How?', group: 'How?', response: 'No idea.', label: 0 },
  ]);
});

it('columns that the user names are those of the file', async () => {
  await start('org/own', { 'all.csv': 'sentence,calm\nOh well.,1\nNo!,0\n' });
  const texts = [];
  const recipe = columnRecipe({ label: 'calm' });
  for await (const text of openLabelledTexts(['hf:org/own'], { text: 'sentence' }, recipe)) texts.push(text);
  expect(texts.map(({ response, label }) => [response, label])).toEqual([
    ['Oh well.', 1],
    ['No!', 0],
  ]);
});

it('what is wrong with a row names the set, the file and the line', async () => {
  await start('org/own', { 'train.jsonl': '{"response":"a"}\n{"response":\n' });
  await expect(readRows('hf:org/own')).rejects.toThrow(/train\.jsonl:2/);
  await expect(readRows('hf:org')).rejects.toThrow(code('bad-option'));
  await expect(readRows('hf:org/none')).rejects.toThrow(code('dataset-not-found'));
});
