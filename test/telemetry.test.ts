import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const FIXTURES = fileURLToPath(new URL('../packages/encoders/fixtures/', import.meta.url));
const PACKAGES = new URL('../packages/', import.meta.url);
/** Its programs are no files, so that names of packages would not be found. */
const ENCODERS = JSON.stringify(new URL('encoders/dist/index.js', PACKAGES).href);

/** Programs that open a session of ONNX Runtime, each in its way. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'a classifier': `const { createTextClassifier } = await import(${ENCODERS});
    await (await createTextClassifier({ path: ${JSON.stringify(join(FIXTURES, 'bert-classifier/model.onnx'))} })).dispose();`,
  'a sentence encoder': `const { createSentenceEncoder } = await import(${ENCODERS});
    await (await createSentenceEncoder({ model: ${JSON.stringify(join(FIXTURES, 'bert'))} })).dispose();`,
};

let home: string;
beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'halfspace-home-'))));
afterEach(async () => rm(home, { recursive: true, force: true }));

/** Files that a program leaves below a home of its own, besides those of Halfspace's cache. */
async function filesLeftBy(program: string, settings: Readonly<Record<string, string>> = {}) {
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...inherited } = process.env;
  const env = { ...inherited, HOME: home, USERPROFILE: home, LOCALAPPDATA: home, ...settings };
  const words = ['--input-type=module', '--eval', program];
  await promisify(execFile)(process.execPath, words, {
    env: { ...env, HALFSPACE_CACHE: join(home, 'halfspace-cache') },
  });
  const found = await readdir(home, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('halfspace-cache'))
    .map(({ name }) => name);
}

describe.each(Object.entries(PROGRAMS))('%s', (_, program) => {
  it('writes nothing about its use', async () => {
    expect(await filesLeftBy(program)).toEqual([]);
  });

  it('nor below the place for caches, or where the environment says otherwise', async () => {
    const settings = { XDG_CACHE_HOME: join(home, 'xdg'), ORT_DISABLE_TELEMETRY: '0' };
    expect(await filesLeftBy(program, settings)).toEqual([]);
  });

  it('nor from a worker thread, whose environment is a copy', async () => {
    const inWorker = `const { Worker } = await import('node:worker_threads');
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(program)})));
      await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));`;
    expect(await filesLeftBy(inWorker)).toEqual([]);
  });
});
