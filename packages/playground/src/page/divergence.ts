/**
 * Where two texts part.
 *
 * @returns The index of the first piece that differs; undefined as long as one is the beginning of the other.
 */
export function divergence(a: readonly string[], b: readonly string[]): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i;
  return undefined;
}
