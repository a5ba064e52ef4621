import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** A process as others can tell it from one that has its number later. */
export interface ProcessIdentity {
  /** Name of the machine, or of the container. */
  readonly host: string;
  /** Its number. */
  readonly pid: number;
  /** Which numbering `pid` is of, as the system calls it: each container has one of its own. Absent where it is not known. */
  readonly space?: string | undefined;
  /** When it began, as the system counts. Absent where it is not known. */
  readonly born?: string | undefined;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const space = await readlink('/proc/self/ns/pid').catch(() => undefined);
  return { host: hostname(), pid: process.pid, space, born: await birthOf(process.pid) };
}

/** When a process of this machine began; undefined where it is not known. */
export async function birthOf(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // Behind the name, which stands in parentheses and may have some itself: the state, and as the twentieth field the beginning.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // It has ended, and nobody has asked yet how.
    return /^[ZXx]$/.test(fields[0]) ? 'ended' : `${boot.trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/**
 * Whether a process is still there; undefined where that cannot be told from here.
 *
 * @param own - This process.
 * @param written - How what identities say is written in that of the process (default: as it is).
 */
export async function isThere(
  process: ProcessIdentity,
  own: ProcessIdentity,
  written: (text: string) => string = (text) => text,
): Promise<boolean | undefined> {
  if (process.host !== written(own.host)) return true;
  if (process.space !== undefined && (own.space === undefined || process.space !== written(own.space)))
    return undefined;
  if (!hasNumber(process.pid)) return false;
  const born = await birthOf(process.pid);
  if (born === 'ended') return false;
  return process.born === undefined || born === undefined ? undefined : process.born === written(born);
}

function hasNumber(pid: number): boolean {
  // 0 and below would mean groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
