import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { HalfspaceError } from '@halfspace/contracts';
import { isThere, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** Gives the file back. Idempotent. */
export type Unlock = () => Promise<void>;

/** Milliseconds between two signs of life of a holder. */
const BEAT = 2_000;
/** Milliseconds without one after which a holder is taken for gone that cannot be asked. A call of a model takes less. */
const SILENCE = 20_000;
/** Milliseconds after which a lock that says nothing was not merely read while it was being written. */
const WRITING = 1_000;
/** What a file system says that cannot give a file a second name. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Locks that this process holds, whichever copy of this module has made them. */
const HELD = ((globalThis as { [key: symbol]: unknown })[Symbol.for('halfspace.held-locks')] ??=
  new Set<string>()) as Set<string>;

/** A lock as it was found. */
interface Holder extends ProcessIdentity {
  /** A name of what it says: no other lock has it. */
  readonly mark: string;
  /** Whether its holder gives signs of life; one of an older version does not. */
  readonly beats: boolean;
}

/**
 * Makes sure that no other process writes to a file meanwhile, by a second file beside it. One whose process has ended is
 * taken over, by one alone of all who try. A process is known by its number and by when it began, so that its number may
 * be given to another one. Where it cannot be asked, in a container beside this one or on a system that does not say when
 * processes began, it is gone when it has given no sign of life for 20 seconds. One of another machine is never taken for gone.
 *
 * @throws HalfspaceError `run-in-use`; what the file system refuses, as it is
 */
export async function lockFile(path: string): Promise<Unlock> {
  return acquire(`${path}.lock`, path);
}

async function acquire(lock: string, path: string): Promise<Unlock> {
  const own = await ownIdentity();
  const content = JSON.stringify({ ...own, token: randomUUID() });
  const mark = markOf(content);
  const draft = draftOf(lock, mark);
  await writeFile(draft, content, { flag: 'wx' });
  try {
    for (;;) {
      if (await isPlaced(draft, lock, content)) return held(lock, mark);
      const holder = await readHolder(lock);
      if (holder === undefined) continue;
      if (!(await isGone(lock, holder, own))) throw inUse(path, lock, holder);
      // Only who has this may replace that very lock, which nobody else will change any more. It is a lock itself: whoever is
      // killed here is followed by another.
      const release = await acquire(`${lock}.${holder.mark}`, path);
      try {
        if ((await readHolder(lock))?.mark !== holder.mark) continue;
        await rename(draft, lock);
        // Left where it was killed before it had put it away.
        await rm(draftOf(lock, holder.mark), { force: true });
        return held(lock, mark);
      } finally {
        await release();
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Where a lock is written before it is put in its place. */
function draftOf(lock: string, mark: string): string {
  return `${lock}.${mark}.draft`;
}

/** Whether the lock is ours now; false where there is one. It appears with all that it says. */
async function isPlaced(draft: string, lock: string, content: string): Promise<boolean> {
  try {
    await link(draft, lock);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code)) throw error;
  }
  return writeFile(lock, content, { flag: 'wx' }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

function held(lock: string, mark: string): Unlock {
  HELD.add(mark);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, BEAT);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if (!HELD.delete(mark)) return;
    if ((await readHolder(lock))?.mark === mark) await rm(lock, { force: true });
  };
}

/** Whether the process has ended that has left a lock. */
async function isGone(lock: string, holder: Holder, own: ProcessIdentity): Promise<boolean> {
  if (Number.isNaN(holder.pid)) return isSilent(lock, WRITING);
  const { space = own.space } = holder;
  if (holder.host === own.host && holder.pid === own.pid && space === own.space) {
    if (HELD.has(holder.mark)) return false;
    // Of another thread of this process, or of one that had its number before.
    return holder.born === undefined || holder.born !== own.born;
  }
  const there = await isThere(holder, own);
  if (there !== undefined) return !there;
  return holder.beats && (await isSilent(lock, SILENCE));
}

/** Waits so many milliseconds for a sign of life; whether there was none. */
async function isSilent(lock: string, milliseconds: number): Promise<boolean> {
  const before = await seen(lock);
  for (let waited = 0; waited < milliseconds; waited += 100) {
    await wait(100);
    if ((await seen(lock)) !== before) return false;
  }
  return true;
}

async function seen(lock: string): Promise<string> {
  return stat(lock, { bigint: true }).then(
    ({ mtimeNs, ino, size }) => [mtimeNs, ino, size].join(' '),
    () => 'none',
  );
}

/** What a lock says; undefined where there is none any more. */
async function readHolder(lock: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(lock, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { host, pid, space, born, token } = parse(text);
  return {
    host: typeof host === 'string' ? host : '',
    pid: typeof host === 'string' && typeof pid === 'number' ? pid : NaN,
    space: typeof space === 'string' ? space : undefined,
    born: typeof born === 'string' ? born : undefined,
    mark: markOf(text),
    beats: token !== undefined,
  };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function markOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

function inUse(path: string, lock: string, { host, pid }: Holder): HalfspaceError {
  const who = Number.isNaN(pid) ? '' : ` (${pid} on ${host})`;
  return new HalfspaceError(
    'run-in-use',
    `Another process writes to ${path}${who}. Wait for it, or stop it; if there is none any more, remove ${lock}.`,
  );
}
