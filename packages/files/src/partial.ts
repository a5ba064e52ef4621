import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isThere, ownIdentity, type ProcessIdentity } from './process-identity.js';

/** Of an older version without the two in the midst. */
const PARTIAL =
  /\.(?<host>[0-9a-f]{8})-(?<pid>\d+)(?:-(?<space>[0-9a-f]{8})-(?<born>[0-9a-f]{8}))?-[0-9a-f]{8}\.partial$/;
/** In place of what the system does not say. */
const UNKNOWN = '0'.repeat(8);
/** No download or compilation takes that long. */
const LONGEST_MS = 24 * 3_600_000;
/** Bytes of a name that are kept in that of its partial one: with all that is added, no name is too long for it. */
const MOST_NAME = 150;

/**
 * Where what will be `path` is made: beside it, under a name of its own. The name says whose it is, so that
 * {@link removeAbandoned} finds what a killed process left.
 *
 * @param maker - Who makes it (default: this process).
 */
export async function partialPath(path: string, maker?: ProcessIdentity): Promise<string> {
  const { host, pid, space, born } = maker ?? (await ownIdentity());
  const whose = [short(host), pid, short(space), short(born), randomUUID().slice(0, 8)].join('-');
  return join(dirname(path), `${cut(basename(path))}.${whose}.partial`);
}

function cut(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length <= MOST_NAME ? name : bytes.subarray(0, MOST_NAME).toString();
}

/** What an identity says, as it stands in a name. */
function short(text: string | undefined): string {
  return text === undefined ? UNKNOWN : createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/**
 * Removes partial files and directories of processes that have ended, whoever has their numbers now, or that are a day old. Others may share
 * the directory: of what runs on another machine, or in another container, only its age can be told.
 */
export async function removeAbandoned(directory: string): Promise<void> {
  for (const path of await abandonedIn(directory)) {
    // Whoever cannot remove it can still work.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Paths of what {@link removeAbandoned} would remove. */
export async function abandonedIn(directory: string): Promise<string[]> {
  const own = await ownIdentity();
  const names = await readdir(directory).catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    const maker = makerOf(name);
    if (maker === undefined) continue;
    const path = join(directory, name);
    if ((await isThere(maker, own, short)) === false || (await isOld(path))) found.push(path);
  }
  return found;
}

/** Whose a partial file is, in what its name says; undefined where it is none. */
function makerOf(name: string): ProcessIdentity | undefined {
  const found = PARTIAL.exec(name)?.groups;
  if (found === undefined) return undefined;
  const known = (text: string | undefined) => (text === UNKNOWN ? undefined : text);
  return { host: found.host, pid: Number(found.pid), space: known(found.space), born: known(found.born) };
}

async function isOld(path: string): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > LONGEST_MS,
    () => false,
  );
}
