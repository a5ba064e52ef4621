import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered, refusalOf } from '../testing/hostile.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { bertFiles, writeTinyBert } from '../testing/tiny-bert.js';
import { createTextTokenizer } from './text-tokenizer.js';

const directory = useTemporaryDirectory();
const place = () => join(directory.path, 'tiny');

type Json = ReturnType<typeof bertFiles>['tokenizer.json'];

async function write(change: (json: Json) => void = () => undefined): Promise<void> {
  const files = bertFiles();
  change(files['tokenizer.json']);
  await writeTinyBert(place(), { files });
}

const encode = async (text: string, most = 9, vocabulary = 6) =>
  (await createTextTokenizer(place(), vocabulary)).encode(text, most);

const template = (...parts: string[]) => ({
  type: 'TemplateProcessing',
  single: parts.map((id) => (id === 'A' ? { Sequence: { id } } : { SpecialToken: { id } })),
  pair: [],
  special_tokens: {
    '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
    '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
  },
});

describe('a text', () => {
  it('has a token at each end, which stay when it is cut off', async () => {
    await write();
    expect(await encode('Cats MAT dog')).toEqual([1, 3, 4, 5, 0, 2]);
    expect(await encode('Cats MAT dog', 4)).toEqual([1, 3, 4, 2]);
    expect(await encode('')).toEqual([1, 2]);
    expect(await encode('\ud800')).toEqual([1, 2]);
  });

  it('is split without a tokenizer_config.json', async () => {
    await write();
    await rm(join(place(), 'tokenizer_config.json'));
    expect(await encode('mat')).toEqual([1, 5, 2]);
  });

  it.each<[string[], number[]]>([
    [
      ['A', '[SEP]'],
      [3, 4, 2],
    ],
    [
      ['[CLS]', 'A'],
      [1, 3, 4],
    ],
    [['A'], [3, 4, 5]],
    [
      ['[CLS]', 'A', '[SEP]', '[SEP]'],
      [1, 2, 2],
    ],
  ])('between the tokens of %j is cut off at three', async (parts, wanted) => {
    await write((json) => (json.post_processor = template(...parts)));
    expect(await encode('cats mat mat', 3)).toEqual(wanted);
  });

  it.each<[string, RegExp, (json: Json) => void]>([
    ['no model', /damaged/, (json) => (json.model = null)],
    ['no vocabulary', /damaged/, (json) => (json.model = { type: 'WordPiece' })],
  ])('cannot be split with %s', async (_, message, change) => {
    await write(change);
    const failed = encode('cat');
    await expect(failed).rejects.toMatchObject({ code: 'corrupt-model' });
    await expect(failed).rejects.toThrow(message);
  });

  it('has no ids that the model does not know', async () => {
    await write();
    await expect(encode('mat', 9, 5)).rejects.toThrow(/other ids than those from 0 to 4/);
    await rm(join(place(), 'tokenizer.json'));
    await expect(encode('mat')).rejects.toThrow(/has no tokenizer.json/);
  });

  it('is split by any file into ids of the model, or refused', async () => {
    await write();
    const original = bertFiles()['tokenizer.json'];
    await fc.assert(
      fc.asyncProperty(altered(original), async (json) => {
        const files = { ...bertFiles(), 'tokenizer.json': json as Json };
        await writeTinyBert(place(), { files });
        let ids: number[] = [];
        const refused = await refusalOf(encode('cats').then((found) => (ids = found)));
        expect([undefined, 'corrupt-model']).toContain(refused);
        expect(ids.every((id) => Number.isInteger(id) && id < 6)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
