/**
 * The first of some names that stood there before; `undefined` when each stands there once. Its time grows with their number alone: a
 * file may have a million.
 *
 * @beta
 */
export function firstTwice(names: Iterable<string>): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
