/**
 * Holm's correction: p-values such that the chance of a single false finding among those below α is at most α,
 * however the tests hang together. In the order given.
 */
export function holm(ps: readonly number[]): number[] {
  const order = [...ps.keys()].sort((a, b) => ps[a] - ps[b]);
  const adjusted: number[] = Array.from({ length: ps.length });
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, ps[index] * (ps.length - rank)));
    adjusted[index] = least;
  });
  return adjusted;
}
