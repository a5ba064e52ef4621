import type { Subspace } from '@halfspace/core';

/** How much attributes say the same. Matrices are by attribute, in the order given. */
export interface Interference {
  /** Names, in the order of the matrices. */
  readonly attributes: readonly string[];
  /** Cosines between directions; `null` where they read different layers, and a cosine has no meaning. */
  readonly cosines: readonly (readonly (number | null)[])[];
  /** Correlations (Pearson) of the margins; `null` where a margin never changes. */
  readonly correlations: {
    /** After the last token of each response. */
    readonly last: readonly (readonly (number | null)[])[];
    /** After every token of all responses. */
    readonly every: readonly (readonly (number | null)[])[];
  };
}

/** An attribute, and its margins on some responses, the same ones for all attributes. */
export interface MeasuredAttribute {
  /** Name of the attribute. */
  readonly name: string;
  /** What it reads. */
  readonly subspace: Subspace;
  /** For each response, one margin a token. */
  readonly margins: readonly Float64Array[];
}

/** Compares attributes pair by pair. */
export function measureInterference(measured: readonly MeasuredAttribute[]): Interference {
  const last = measured.map(({ margins }) => margins.map((each) => each[each.length - 1]));
  const every = measured.map(({ margins }) => margins.flatMap((each) => [...each]));
  const matrix = (valueOf: (a: number, b: number) => number | null) =>
    measured.map((_, a) => measured.map((__, b) => valueOf(a, b)));
  return {
    attributes: measured.map(({ name }) => name),
    cosines: matrix((a, b) => cosine(measured[a].subspace, measured[b].subspace)),
    correlations: {
      last: matrix((a, b) => correlation(last[a], last[b])),
      every: matrix((a, b) => correlation(every[a], every[b])),
    },
  };
}

function cosine(a: Subspace, b: Subspace): number | null {
  if (a.layers.join() !== b.layers.join()) return null;
  let sum = 0;
  // Directions have unit norm.
  for (let i = 0; i < a.direction.length; i++) sum += a.direction[i] * b.direction[i];
  return sum;
}

function correlation(a: readonly number[], b: readonly number[]): number | null {
  const meanA = mean(a);
  const meanB = mean(b);
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - meanA) * (b[i] - meanB);
    squareA += (a[i] - meanA) ** 2;
    squareB += (b[i] - meanB) ** 2;
  }
  const size = Math.sqrt(squareA * squareB);
  return size > 0 ? both / size : null;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
