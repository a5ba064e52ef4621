import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/contracts';

/** Where Linux says how much memory there is. */
const PLACES = { proc: '/proc', cgroups: '/sys/fs/cgroup' };

/** Files of a control group that limit its memory, in the two versions that there are. */
const VERSIONS = [
  { controller: '', folder: '', most: 'memory.max', used: 'memory.current', unused: 'inactive_file' },
  {
    controller: 'memory',
    folder: 'memory',
    most: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    unused: 'total_inactive_file',
  },
] as const;

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** The number after a word at the beginning of a line; NaN where there is none. */
function numberAfter(text: string, word: string): number {
  return Number(new RegExp(`^${word}:?\\s+(\\d+)`, 'm').exec(text)?.[1] ?? NaN);
}

/** A path and those above it: a group is bound by the limits of the groups that it is in. */
function upwards(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, length) => join('/', ...names.slice(0, length)));
}

/** Bytes that the control groups of this process leave; those of files that were read can be had, too. */
async function leftInGroups({ proc, cgroups }: typeof PLACES): Promise<number> {
  const groups = await read(join(proc, 'self/cgroup'));
  let left = Infinity;
  for (const { controller, folder, most, used, unused } of VERSIONS) {
    const group = groups.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
    const path = group.find((found) => found?.[1].split(',').includes(controller))?.[2] ?? '/';
    for (const each of upwards(path)) {
      const at = join(cgroups, folder, each);
      const limit = Number.parseInt(await read(join(at, most)), 10);
      const taken = Number.parseInt(await read(join(at, used)), 10);
      if (Number.isNaN(limit) || Number.isNaN(taken)) continue;
      left = Math.min(left, limit - taken + (numberAfter(await read(join(at, 'memory.stat')), unused) || 0));
    }
  }
  return left;
}

/**
 * Bytes that this process can still have, swap included, within the limits of its control groups; undefined where the system
 * does not say (only Linux counts what it would give back).
 */
export async function freeMemory(places = PLACES): Promise<number | undefined> {
  const info = await read(join(places.proc, 'meminfo'));
  const available = numberAfter(info, 'MemAvailable') * 1024;
  if (Number.isNaN(available)) return undefined;
  const swap = (numberAfter(info, 'SwapFree') || 0) * 1024;
  return Math.max(0, Math.min(available, await leftInGroups(places)) + swap);
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/**
 * Sees to it that there is memory for what some files hold, before it is loaded.
 *
 * @param what - Of the model, for the message.
 * @throws HalfspaceError `out-of-memory`
 */
export async function assertMemoryFor(what: string, paths: readonly string[]): Promise<void> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.size));
  const needed = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const free = await freeMemory();
  if (free === undefined || free >= needed) return;
  throw new HalfspaceError(
    'out-of-memory',
    `${what} needs ${gigabytes(needed)} of memory at least, and ${gigabytes(free)} are free. Close other programs, or take a smaller model; the precision int8 needs about a quarter of f32, and int4 a fifth.`,
  );
}
