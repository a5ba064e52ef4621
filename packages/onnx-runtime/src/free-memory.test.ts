import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeMemory } from './free-memory.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'halfspace-'))));
afterEach(async () => rm(directory, { recursive: true, force: true }));

const MEMINFO = 'MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    4000 kB\nSwapFree:         100 kB\n';

/** What is free on a machine that has these files. */
async function freeWith(files: Readonly<Record<string, string>>): Promise<number | undefined> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return freeMemory({ proc: join(directory, 'proc'), cgroups: join(directory, 'groups') });
}

describe('the memory that is free', () => {
  it('is not known where the system does not say', async () => {
    expect(await freeWith({})).toBeUndefined();
  });

  it('is what the system would give, and its swap', async () => {
    expect(await freeWith({ 'proc/meminfo': MEMINFO })).toBe(4100 * 1024);
  });

  it('is what the group leaves, or one above it, files that were read included', async () => {
    const files = {
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '0::/outer/inner\n',
      'groups/outer/inner/memory.max': 'max\n',
      'groups/outer/inner/memory.current': '500000\n',
      'groups/outer/memory.max': '1000000\n',
      'groups/outer/memory.current': '900000\n',
      'groups/outer/memory.stat': 'anon 5\ninactive_file 200000\nactive_file 1\n',
    };
    expect(await freeWith(files)).toBe(300_000 + 100 * 1024);
  });

  it('is what the group leaves where groups are of the older version', async () => {
    const files = {
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n',
      'groups/memory/a/memory.limit_in_bytes': '1000000\n',
      'groups/memory/a/memory.usage_in_bytes': '1200000\n',
      'groups/memory/a/memory.stat': 'inactive_file 1\ntotal_inactive_file 100000\n',
      'groups/memory/memory.limit_in_bytes': '9223372036854771712\n',
      'groups/memory/memory.usage_in_bytes': '5\n',
    };
    // Beyond its limit, but for swap.
    expect(await freeWith(files)).toBe(100 * 1024 - 100_000);
  });

  it('is something on this machine, if it says', async () => {
    const free = await freeMemory();
    if (process.platform === 'linux') expect(free).toBeGreaterThan(0);
    else expect(free).toBeUndefined();
  });
});
