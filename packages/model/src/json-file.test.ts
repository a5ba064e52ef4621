import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readJsonFile, readTextFile } from './json-file.js';
import { useTemporaryDirectory } from './testing/temporary.js';

const directory = useTemporaryDirectory();
const text = '{"a":"é"}';
const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);

it.each<[string, Buffer, RegExp]>([
  ['a byte that is no UTF-8', Buffer.from(text, 'latin1'), /no text in UTF-8/],
  ['UTF-16', utf16, /is text in UTF-16/],
  ['UTF-16, the other way round', Buffer.from(utf16).swap16(), /is text in UTF-16/],
  ['UTF-16 without a mark', Buffer.from('{"a": 1}', 'utf16le'), /is text in UTF-16/],
])('%s is refused in the files of a model', async (_, bytes, message) => {
  const path = join(directory.path, 'config.json');
  await writeFile(path, bytes);
  for (const read of [readJsonFile, readTextFile]) {
    await expect(read(path)).rejects.toMatchObject({
      code: 'corrupt-model',
      message: expect.stringMatching(message) as string,
    });
  }
});

it('a mark of byte order stays in a text and is no part of JSON', async () => {
  const path = join(directory.path, 'config.json');
  await writeFile(path, `\ufeff${text}`);
  expect(await readTextFile(path)).toBe(`\ufeff${text}`);
  expect(await readJsonFile(path)).toEqual({ a: 'é' });
});
