import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { backendConformance } from '@halfspace/core/testing';
import { describe, expect, it } from 'vitest';
import { createNgramBackend } from '../examples/own-backend/backend.js';

const run = promisify(execFile);
const EXAMPLE = new URL('../examples/own-backend/', import.meta.url);
const text = await readFile(new URL('sea.txt', EXAMPLE), 'utf8');

describe('the n-gram backend', () => {
  it.each(backendConformance(() => createNgramBackend(text)))('$name', async ({ run: check }) => check());

  it('reads and writes the words of its text', async () => {
    const { tokenizer } = createNgramBackend(text);
    expect(tokenizer.decode(tokenizer.encode('The sea was  calm, they say.'))).toBe(
      ' The sea was calm ? ? ?.',
    );
  });

  it('is a file of fewer than 200 lines', async () => {
    const source = await readFile(new URL('backend.js', EXAMPLE), 'utf8');
    expect(source.split('\n').length).toBeLessThan(201);
  });
});

it('the program completes a prompt, and its attribute is kept to', async () => {
  const { stdout, stderr } = await run(process.execPath, [fileURLToPath(new URL('decode.js', EXAMPLE))]);
  expect(stderr).toBe('');
  const [plain, steered] = stdout
    .split(/^weight /m)
    .slice(1)
    .map((part) =>
      [...part.matchAll(/^ +(-?[\d.]+) {2}The evening was/gm)].map(([, margin]) => Number(margin)),
    );
  expect([plain.length, steered.length]).toEqual([4, 4]);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(steered)).toBeGreaterThan(sum(plain));
});
