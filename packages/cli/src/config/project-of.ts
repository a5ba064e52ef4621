import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** What the directory of a project has. */
const MARKS = ['package.json', '.git'];

/**
 * The outermost directory whose files are of one hand with those of a directory: the nearest one, from it upwards, that has a
 * package.json or a .git, or the user's home. Where there is neither up to the root, such as below /tmp, where anyone may write,
 * it is the directory itself.
 *
 * @param home - The user's home, for tests (default: as the system says).
 */
export function projectOf(directory: string, home = homedir()): string {
  const homes = [resolve(home), realPath(home)];
  for (let each = resolve(directory); ; each = dirname(each)) {
    if (homes.includes(each) || MARKS.some((mark) => existsSync(join(each, mark)))) return each;
    if (each === dirname(each)) return resolve(directory);
  }
}

/** The working directory is told without links; so must home be. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
