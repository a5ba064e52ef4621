import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPrompts, readPromptsAndChats } from './read-prompts.js';
import { optionalTextOf, parseRow, textOf } from './rows.js';
import { readRows } from './stream-rows.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

async function fileOf(text: string | Uint8Array, name = 'rows.jsonl'): Promise<string> {
  const path = join(await temporaryDirectory(), name);
  await writeFile(path, text);
  return path;
}

const row = fc.dictionary(fc.string(), fc.jsonValue());

describe('readRows', () => {
  it('reads what was written, whatever the line ends and blank lines', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'rows.jsonl');
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1 }),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        async (rows, end) => {
          await writeFile(path, rows.map((each) => JSON.stringify(each)).join(end) + end);
          const read = await readRows(path);
          expect(JSON.stringify(read.map(({ values }) => values))).toBe(
            JSON.stringify(rows.map((each) => JSON.parse(JSON.stringify(each)) as unknown)),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('drops a byte-order mark', async () => {
    const [first] = await readRows(await fileOf('\uFEFF{"response": "x"}\n'));
    expect(first.values).toEqual({ response: 'x' });
  });

  it('names file and line of what is no JSON object', async () => {
    const path = await fileOf('{"a": 1}\n\n{"a": \n');
    await expect(readRows(path)).rejects.toMatchObject({
      code: 'bad-row',
      message: expect.stringContaining(`${path}:3: this is no JSON`) as string,
    });
    await expect(readRows(await fileOf('[1]'))).rejects.toThrow(':1: each line must be a JSON object');
    await expect(readRows(await fileOf('null'))).rejects.toMatchObject({ code: 'bad-row' });
  });

  it('refuses files that are missing, empty, binary, or none', async () => {
    const directory = await temporaryDirectory();
    await expect(readRows(join(directory, 'none'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(readRows(directory)).rejects.toMatchObject({
      code: 'not-readable',
      message: expect.stringContaining('is a folder, and not a file') as string,
    });
    await expect(readRows(await fileOf('\n \n'))).rejects.toMatchObject({ code: 'empty-file' });
    await expect(readRows(await fileOf(Uint8Array.of(0xff, 0xfe)))).rejects.toMatchObject({
      code: 'not-readable',
    });
  });
});

describe('columns', () => {
  const line = parseRow({
    text: '{"response": "r", "prompt": null, "empty": "", "number": 1}',
    place: 'a.jsonl:1',
  });

  it('are texts', () => {
    expect(textOf(line, 'response')).toBe('r');
    expect(optionalTextOf(line, 'prompt')).toBe('');
    expect(optionalTextOf(line, 'nothing')).toBe('');
  });

  it.each([
    ['empty', 'is empty'],
    ['nothing', 'is missing'],
    ['number', 'is no text'],
  ])('say what is wrong with %s', (column, complaint) => {
    expect(() => textOf(line, column)).toThrow(`a.jsonl:1: "${column}" ${complaint}`);
  });

  it('must be texts even where they may be absent', () => {
    expect(() => optionalTextOf(line, 'number')).toThrow('a.jsonl:1: "number" is no text');
  });
});

describe('readPrompts', () => {
  it('reads a prompt a line, or a row a line', async () => {
    expect(await readPrompts(await fileOf('The sea \n\n {not JSON\n', 'p.txt'))).toEqual([
      'The sea ',
      ' {not JSON',
    ]);
    expect(
      await readPrompts(await fileOf('{"prompt": "The sea"}\n{"prompt": "A\\nB", "id": 1}\n', 'p.txt')),
    ).toEqual(['The sea', 'A\nB']);
  });

  it('wants rows where the name or the first line promises them', async () => {
    await expect(readPrompts(await fileOf('The sea\n', 'p.jsonl'))).rejects.toThrow(
      'p.jsonl:1: this is no JSON',
    );
    await expect(readPrompts(await fileOf('{"prompt": "a"}\nThe sea\n', 'p.txt'))).rejects.toThrow('p.txt:2');
    await expect(readPrompts(await fileOf('{"text": "a"}\n', 'p.txt'))).rejects.toThrow(
      '"prompt" is missing',
    );
  });
});

describe('readPromptsAndChats', () => {
  const messages = [
    { role: 'user', content: 'Why?' },
    { role: 'assistant', content: '' },
  ];

  it('reads messages where a row has them, whatever the kind of file', async () => {
    const rows = [{ messages }, { prompt: 'a', messages: null }];
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    for (const path of [
      await fileOf(lines, 'p.txt'),
      await fileOf(lines),
      await fileOf(JSON.stringify(rows), 'p.json'),
    ]) {
      expect(await readPromptsAndChats(path)).toEqual([messages, 'a']);
    }
    expect(await readPromptsAndChats(await fileOf('The sea\n', 'p.txt'))).toEqual(['The sea']);
  });

  it.each([
    [{ messages, prompt: 'a' }, 'this one both'],
    [{ messages: [] }, 'must be a list'],
    [{ messages: [{ role: 'nobody', content: 'a' }] }, 'system, user, assistant'],
    [{ messages: [{ role: 'user', content: 'a', name: 'b' }] }, 'must be a list'],
    [{}, '"prompt" is missing'],
  ])('refuses %j', async (row, message) => {
    const path = await fileOf(JSON.stringify(row));
    await expect(readPromptsAndChats(path)).rejects.toMatchObject({
      code: 'bad-row',
      message: expect.stringContaining(message) as string,
    });
  });
});
