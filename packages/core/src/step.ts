import type { LookAhead } from './contracts/backend.js';
import { HalfspaceError } from './errors.js';
import type { DistanceReader } from './margins.js';
import { gumbelNoise, type NoiseKey } from './noise.js';
import type { Reference } from './reference-distribution.js';

/**
 * The index of the winner: the argmax of log-probability plus Gumbel noise, which is a draw from the
 * distribution (the Gumbel-max trick); without noise, the most probable. Ties go to the first.
 */
export function draw(
  logProbs: Float64Array,
  tokens: Int32Array,
  noise: { readonly key: NoiseKey; readonly step: number } | undefined,
): number {
  let winner = 0;
  let best = -Infinity;
  for (let i = 0; i < tokens.length; i++) {
    const score = logProbs[i] + (noise === undefined ? 0 : gumbelNoise(noise.key, noise.step, tokens[i]));
    if (score > best) {
      best = score;
      winner = i;
    }
  }
  return winner;
}

/**
 * Distances of the candidates that were run, row-major [candidates, subspaces]. An end token is not run,
 * because the text stays as it is: it has the distances of the text before it. NaN stands for
 * "not evaluated".
 *
 * @param rows - Candidates that were run, in the order of the look-ahead's rows.
 * @throws HalfspaceError `not-finite`
 */
export function candidateDistances(
  reference: Reference,
  rows: readonly number[],
  look: LookAhead | undefined,
  reader: DistanceReader,
  before: Float64Array,
  endTokens: ReadonlySet<number>,
): Float64Array {
  const stride = before.length;
  const distances = new Float64Array(reference.tokens.length * stride).fill(NaN);
  reference.tokens.forEach((token, candidate) => {
    if (endTokens.has(token)) distances.set(before, candidate * stride);
  });
  if (look === undefined) return distances;
  const read = new Float64Array(rows.length * stride);
  reader.read(look, 0, rows.length, read);
  assertFinite(read);
  rows.forEach((candidate, row) => {
    distances.set(read.subarray(row * stride, (row + 1) * stride), candidate * stride);
  });
  return distances;
}

/** @throws HalfspaceError `not-finite` */
export function assertFinite(distances: Float64Array): void {
  if (distances.every(Number.isFinite)) return;
  throw new HalfspaceError(
    'not-finite',
    'The model gave hidden states that are not finite. Its weights or its arithmetic are broken: try ' +
      'another precision, and verify the model file.',
  );
}
