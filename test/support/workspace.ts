import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { halfspace, type Run, type RunOptions } from './halfspace.js';
import { makeSmallModel } from './small-model.js';

/** Arguments that choose a small model, and the arithmetic of its weights. */
export const SMALL = ['--model', './untied', '--precision', 'f32', '--threads', '1'];

/** What was computed of whole files, under its final name. */
const KEPT = /^cache\/(compiled\/[^/.][^/]*|fingerprints|measured)(\/\w[\w.-]*(?<!partial))?$/;

/** A directory with the small model `untied`, and a cache that is its own. */
export interface Workspace {
  readonly path: string;
  /** Runs the command in the directory. */
  run(words: readonly string[], options?: RunOptions): Promise<Run>;
  write(name: string, content: string | Uint8Array): Promise<void>;
  read(name: string): Promise<string>;
  /** The paths of everything in it, but for what the cache may keep of whole files. */
  listing(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Makes a {@link Workspace} in the system's temporary directory. */
export async function makeWorkspace(): Promise<Workspace> {
  const path = await mkdtemp(join(tmpdir(), 'halfspace-e2e-'));
  await makeSmallModel('untied', join(path, 'untied'));
  const env = { HALFSPACE_CACHE: join(path, 'cache'), HALFSPACE_DATA: join(path, 'data') };
  return {
    path,
    run: async (words, options = {}) =>
      halfspace(words, { cwd: path, ...options, env: { ...env, ...options.env } }),
    write: async (name, content) => writeFile(join(path, name), content),
    read: async (name) => readFile(join(path, name), 'utf8'),
    listing: async () => (await readdir(path, { recursive: true })).filter((each) => !KEPT.test(each)).sort(),
    remove: async () => rm(path, { recursive: true, force: true }),
  };
}

/** Fits the attribute `early` on `rows.jsonl`, both of which it writes: letters from the beginning of the alphabet. */
export async function fitEarly(workspace: Workspace): Promise<void> {
  await workspace.write('rows.jsonl', labelledRows(60));
  const fit = 'fit --attribute early --data rows.jsonl --output early.json --layer 1'.split(' ');
  expect(await workspace.run([...fit, ...SMALL])).toMatchObject({ code: 0 });
}

/**
 * Rows for `halfspace fit`: responses of letters from either end of the alphabet, two rows a group.
 *
 * @param desired - Letters of the rows with the label 1.
 */
export function labelledRows(count: number, desired = 'abcde '): string {
  const undesired = 'vwxyz ';
  const random = createRandom();
  const word = (letters: string) =>
    Array.from({ length: 12 }, () => letters[Math.floor(random() * letters.length)]).join('');
  return Array.from({ length: count }, (_, index) => {
    const label = index % 2;
    const response = word(label === 1 ? desired : undesired);
    return `${JSON.stringify({ prompt: 'It was: ', response, label, group: index >> 1 })}\n`;
  }).join('');
}

/** Numbers in [0, 1) that are the same every time. */
function createRandom(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
