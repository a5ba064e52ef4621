import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lockFile } from './file-lock.js';
import { birthOf, ownIdentity } from './process-identity.js';

let directory: string;
let path: string;
let lock: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-lock-'));
  path = join(directory, 'log');
  lock = `${path}.lock`;
});
afterEach(async () => rm(directory, { recursive: true }));

/** No process has this number: it is above what the system gives. */
const NOBODY = 2 ** 30;
const hasProc = process.platform === 'linux';

async function leave(holder: object): Promise<void> {
  await writeFile(lock, JSON.stringify(holder));
}

async function isTakenOver(): Promise<boolean> {
  try {
    const unlock = await lockFile(path);
    await unlock();
    expect(await readdir(directory)).toEqual([]);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'run-in-use' });
    return false;
  }
}

describe('a lock is taken over', () => {
  test.each([
    ['of nobody', { host: hostname(), pid: NOBODY }],
    [
      'of this process, which does not hold it: of one before it with its number',
      { host: hostname(), pid: process.pid },
    ],
    ['of a number that is none', { host: hostname(), pid: 0 }],
    ['of a group of processes', { host: hostname(), pid: -1 }],
  ])('%s', async (_, holder) => {
    await leave(holder);
    expect(await isTakenOver()).toBe(true);
  });

  test.each(['', '{', '[]', 'null', '7', '{"pid": 1}'])('that says %j', async (content) => {
    await writeFile(lock, content);
    expect(await isTakenOver()).toBe(true);
  });

  test.runIf(hasProc)(
    'of another process that has the number now, and of this one at another time (on Linux alone)',
    async () => {
      const own = await ownIdentity();
      for (const pid of [process.ppid, process.pid]) {
        await leave({ ...own, pid, born: 'earlier', token: 'a' });
        expect(await isTakenOver()).toBe(true);
      }
    },
  );

  test.runIf(hasProc)(
    'of a process that has ended, though nobody has asked how (on Linux alone)',
    async () => {
      // The shell becomes a program that never asks after its child, before that one ends.
      const parent = spawn('sh', ['-c', 'sleep 2 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      try {
        const [out] = (await once(parent.stdout, 'data')) as [Buffer];
        const pid = Number(out.toString());
        await vi.waitFor(async () => expect(await birthOf(pid)).toBe('ended'), { timeout: 30_000 });
        await leave({ ...(await ownIdentity()), pid, born: 'a', token: 'a' });
        expect(await isTakenOver()).toBe(true);
      } finally {
        parent.kill('SIGKILL');
      }
    },
  );

  test.runIf(hasProc)(
    'of another container of the same name, when it has given no sign of life (on Linux alone)',
    async () => {
      const elsewhere = { ...(await ownIdentity()), space: 'pid:[1]', token: 'a' };
      await leave(elsewhere);
      const beat = setInterval(() => void utimes(lock, new Date(), new Date()), 50);
      expect(await isTakenOver()).toBe(false);
      clearInterval(beat);
      expect(await isTakenOver()).toBe(true);
    },
    120_000,
  );
});

describe('a lock is left to its holder', () => {
  test('in this process, whichever copy of the code has made it', async () => {
    const unlock = await lockFile(path);
    expect(await isTakenOver()).toBe(false);
    vi.resetModules();
    const copy = await import('./file-lock.js');
    await expect(copy.lockFile(path)).rejects.toMatchObject({ code: 'run-in-use' });
    await unlock();
    await unlock();
    expect(await isTakenOver()).toBe(true);
  });

  test('in another process, of an older version too, and on another machine', async () => {
    const own = await ownIdentity();
    const pid = process.ppid;
    for (const holder of [
      { host: hostname(), pid },
      ...(hasProc ? [{ ...own, pid, born: await birthOf(pid), token: 'a' }] : []),
      { host: 'elsewhere', pid: NOBODY },
      { ...own, host: 'elsewhere', pid: NOBODY, token: 'a' },
    ]) {
      await leave(holder);
      expect(await isTakenOver()).toBe(false);
    }
  });

  test('is not removed by one who has lost it', async () => {
    const unlock = await lockFile(path);
    await leave({ host: 'elsewhere', pid: 1 });
    await unlock();
    expect(await readFile(lock, 'utf8')).toContain('elsewhere');
  });
});
