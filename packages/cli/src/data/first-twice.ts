/** The first of some names that stood there before. A set: there may be a million of them, each with all others before it. */
export function firstTwice(names: Iterable<string>): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
