import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Processes are told apart by machine, because a cache may be shared by several. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const PARTIAL = /\.(?<host>[0-9a-f]{8})-(?<pid>\d+)-[0-9a-f]{8}\.partial$/;
/** No download or compilation takes that long. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Where what will be `path` is made: beside it, under a name of its own. The name says whose it is, so that
 * {@link removeAbandoned} finds what a killed process left.
 */
export function partialPath(path: string): string {
  return `${path}.${HOST}-${process.pid}-${randomUUID().slice(0, 8)}.partial`;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes partial files and directories whose process has ended, or that are a day old. */
export async function removeAbandoned(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const { host, pid } = PARTIAL.exec(name)?.groups ?? {};
    if (host === undefined) continue;
    const path = join(directory, name);
    const ended = host === HOST && !isRunning(Number(pid));
    const old = async () =>
      stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs > LONGEST_MS,
        () => false,
      );
    // Whoever cannot remove it can still work.
    if (ended || (await old())) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
