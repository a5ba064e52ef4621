import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { abandonedIn, removeDirectory } from '@halfspace/files';
import { cacheDirectory, FINGERPRINTS } from '../cache.js';
import { COMPILED } from './graphs-place.js';
import { bytesAt, listCompiled, type CompiledGraphs } from './list-compiled.js';
import { forgetUse } from './uses.js';

/** Settings of {@link pruneCache}. */
export interface PruneOptions {
  /** The cache (default: {@link cacheDirectory}). */
  readonly cache?: string;
  /** Days without use after which graphs are old (default 30). */
  readonly olderThanDays?: number;
  /** Whether all graphs go that no process has loaded, however new (default false). */
  readonly all?: boolean;
  /** Whether nothing is removed, and only said what would be (default false). */
  readonly dryRun?: boolean;
}

/** Why something of a cache goes. */
export type PruneReason =
  /** Graphs of a format that this version does not use. */
  | 'format'
  /** Graphs that nobody has used for long. */
  | 'unused'
  /** Graphs of a model whose file is gone. */
  | 'source'
  /** What a process has left that ended in the midst of its work. */
  | 'partial'
  /** Remembered fingerprints of files, which are found out again where they are wanted. */
  | 'fingerprints'
  /** All that can be made again was asked for. */
  | 'all';

/** Something of a cache that goes, or stays because it is in use. */
export interface Pruned {
  /** A directory of graphs, what was left over, or the directory of fingerprints. */
  readonly path: string;
  /** Name of the model, where it is known. */
  readonly model: string | null;
  /** Arithmetic of graphs; null of what is none. */
  readonly precision: string | null;
  /** Bytes on the disk. */
  readonly bytes: number;
  /** Why it goes. */
  readonly reason: PruneReason;
  /** `removed`; `would be removed` in a dry run; `in use`: it stays, because a process has it loaded; `refused`: by the system. */
  readonly outcome: 'removed' | 'would be removed' | 'in use' | 'refused';
}

const DAY_MS = 24 * 3_600_000;
const DEFAULT_DAYS = 30;

async function isGone(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  );
}

async function reasonFor(
  { outdated, lastUsed, source }: CompiledGraphs,
  { all = false, olderThanDays = DEFAULT_DAYS }: PruneOptions,
): Promise<PruneReason | undefined> {
  if (outdated) return 'format';
  if (source !== null && (await isGone(source))) return 'source';
  if (Date.now() - lastUsed.getTime() > olderThanDays * DAY_MS) return 'unused';
  return all ? 'all' : undefined;
}

/** Removes what a name says nothing of: whether it is gone. */
async function removed(path: string): Promise<boolean> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
  return isGone(path);
}

/** Graphs go by their name at once, so that nobody meets them half removed. */
async function removeGraphs(cache: string, path: string): Promise<boolean> {
  await removeDirectory(path);
  const gone = await isGone(path);
  if (gone) await forgetUse(cache, basename(path));
  return gone;
}

/**
 * Removes of a cache what is old and can be made again: graphs, what killed processes left, remembered fingerprints. Models stay.
 * Other processes may use the cache and write to it meanwhile: what one has loaded stays, and so does what one is making.
 *
 * @throws RangeError where `olderThanDays` is no number from 0
 */
export async function pruneCache(options: PruneOptions = {}): Promise<Pruned[]> {
  const { cache = cacheDirectory(), olderThanDays = DEFAULT_DAYS, dryRun = false } = options;
  if (!(olderThanDays >= 0)) throw new RangeError(`olderThanDays is a number from 0; got ${olderThanDays}.`);
  const outcomeOf = async (remove: () => Promise<boolean>): Promise<Pruned['outcome']> =>
    dryRun ? 'would be removed' : (await remove()) ? 'removed' : 'refused';
  const pruned: Pruned[] = [];
  for (const graphs of await listCompiled(cache)) {
    const reason = await reasonFor(graphs, options);
    if (reason === undefined) continue;
    const { path, model, precision, bytes, inUse } = graphs;
    const outcome = inUse ? 'in use' : await outcomeOf(async () => removeGraphs(cache, path));
    pruned.push({ path, model, precision, bytes, reason, outcome });
  }
  for (const path of await leftIn(cache)) {
    const bytes = await bytesAt(path);
    const outcome = await outcomeOf(async () => removed(path));
    pruned.push({ path, model: null, precision: null, bytes, reason: 'partial', outcome });
  }
  const memos = await oldFingerprints(cache, olderThanDays);
  if (memos.length === 0) return pruned;
  const bytes = (await Promise.all(memos.map(bytesAt))).reduce((sum, size) => sum + size, 0);
  const outcome = await outcomeOf(async () => (await Promise.all(memos.map(removed))).every(Boolean));
  const path = join(cache, FINGERPRINTS);
  return [...pruned, { path, model: null, precision: null, bytes, reason: 'fingerprints', outcome }];
}

/** What processes have left that have ended: among the graphs, and among the models. */
async function leftIn(cache: string): Promise<string[]> {
  const models = join(cache, 'models');
  const names = await readdir(models).catch(() => []);
  const directories = [join(cache, COMPILED), models, ...names.map((name) => join(models, name))];
  return (await Promise.all(directories.map(abandonedIn))).flat();
}

async function oldFingerprints(cache: string, days: number): Promise<string[]> {
  const directory = join(cache, FINGERPRINTS);
  const names = await readdir(directory).catch(() => []);
  const old = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => -1,
      );
      return age > days * DAY_MS ? [path] : [];
    }),
  );
  return old.flat();
}
