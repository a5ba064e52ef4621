import { distance } from 'fastest-levenshtein';
import { moved, nowCalled, renamed } from '@halfspace/contracts/internal';

/** Longest name that is compared: what is longer is no slip of the pen. */
const LONGEST = 64;

/**
 * Of some names the one that was probably meant: the same but for case and blanks, or else the one that takes the fewest
 * changes of a letter: at most three, and two in five letters.
 *
 * @returns Undefined where none is near.
 * @beta
 */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const asked = plain(name);
  if (asked.length > LONGEST) return undefined;
  let [best, least]: [string | undefined, number] = [undefined, Infinity];
  for (const each of names) {
    const known = plain(each);
    const most = Math.min(3, Math.floor(0.4 * Math.max(asked.length, known.length)));
    const changes = known.length > LONGEST ? Infinity : distance(asked, known);
    if (changes <= most && changes < least) [best, least] = [each, changes];
  }
  return best;
}

/**
 * A sentence to go behind a message of an unknown name: ` Did you mean "nontoxic"?`, or nothing where no name is near;
 * of what had that name before, what it is called now: ` "form" is now "bonus".`, or what is there in its place.
 *
 * @beta
 */
export function didYouMean(name: string, names: Iterable<string>): string {
  const known = [...names];
  const now = renamed(name, known);
  if (now !== undefined) return nowCalled(name, now);
  const place = moved(name, known);
  if (place !== undefined) return ` "${name}" is now ${place}.`;
  const found = nearest(name, known);
  return found === undefined ? '' : ` Did you mean "${found}"?`;
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, '-');
}
