import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { HalfspaceError } from '@halfspace/core';

/** Gives the file back. */
export type Unlock = () => Promise<void>;

/**
 * Makes sure that no other process writes to a file meanwhile, by a second file beside it. One that a killed process
 * of this machine left is taken over.
 *
 * @throws HalfspaceError `run-in-use`
 */
export async function lockFile(path: string): Promise<Unlock> {
  const lock = `${path}.lock`;
  const mine = JSON.stringify({ host: hostname(), pid: process.pid });
  if (!(await isTaken(lock, mine))) return async () => rm(lock, { force: true });
  const holder = await readHolder(lock);
  if (holder.host === hostname() && !isRunning(holder.pid)) {
    await rm(lock, { force: true });
    if (!(await isTaken(lock, mine))) return async () => rm(lock, { force: true });
  }
  throw new HalfspaceError(
    'run-in-use',
    `Another process writes to ${path} (${holder.pid} on ${holder.host}). Wait for it, or stop it; if there is none any more, remove ${lock}.`,
  );
}

async function isTaken(lock: string, content: string): Promise<boolean> {
  try {
    await writeFile(lock, content, { flag: 'wx' });
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return true;
    throw error;
  }
}

async function readHolder(lock: string): Promise<{ host: string; pid: number }> {
  try {
    const { host, pid } = JSON.parse(await readFile(lock, 'utf8')) as { host: unknown; pid: unknown };
    return { host: String(host), pid: Number(pid) };
  } catch {
    // Killed between making the file and writing it, or gone by now.
    return { host: hostname(), pid: NaN };
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
