import type { Projection } from '../step/project/project.js';
import { solveNormal, qr } from '../numeric/qr.js';
import type { RandomStep } from './random-step.js';

/** What bounds the error of a projection, without a second solver. */
export interface Certificate {
  /**
   * KL(q‖p) and the price of soft constraints, less the value of the dual problem at q's weights, in nats: no distribution
   * over the same candidates that brings every hard constraint with a weight to where q brings it is closer by more.
   */
  readonly gap: number;
  /** By how much a hard constraint misses its target, or exceeds it and still has a weight; in units of the range of its values. */
  readonly off: number;
}

/** Root of what makes weights unique where constraints are the same. */
const RIDGE = 1e-9;

/**
 * Weak duality bounds the objective from below by the dual value at any weights, so that where these come from does not
 * matter. The gap is log Σ q·exp(r̄ − r), for r = log q − log p − Σ weight · value and its mean r̄ under q, and the
 * slack of soft constraints. Weights can be 1e8, of which a double has only eight digits behind the point: r is summed with twice as many.
 */
export function certify({ logReference, constraints }: RandomStep, found: Projection): Certificate {
  const support = [...found.logQ.keys()].filter((x) => found.logQ[x] > -Infinity);
  const q = support.map((x) => Math.exp(found.logQ[x]));
  const mean = (values: ArrayLike<number>) => q.reduce((sum, share, i) => sum + share * values[i], 0);
  const columns = constraints.map(({ values }) => support.map((x) => values[x]));
  const likeliest = q.indexOf(Math.max(...q));

  /** r of each candidate, less that of the likeliest. */
  function residuals(weights: Float64Array): number[] {
    const used = [...weights.keys()].filter((j) => weights[j] !== 0);
    const factors = [1, -1, -1, 1, ...used.flatMap((j) => [-weights[j], weights[j]])];
    const b = support[likeliest];
    return support.map((x, i) =>
      preciseDot(factors, [
        found.logQ[x],
        found.logQ[b],
        logReference[x],
        logReference[b],
        ...used.flatMap((j) => [columns[j][i], columns[j][likeliest]]),
      ]),
    );
  }

  const weights = found.weights.map((weight) => (Number.isFinite(weight) ? weight : 0));
  const infinite = [...weights.keys()].filter((j) => !Number.isFinite(found.weights[j]));
  if (infinite.length > 0) {
    const centred = (values: readonly number[]) => {
      const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.map((value) => value - middle);
    };
    const wanted = centred(residuals(weights));
    const lines = infinite.map((j) => centred(columns[j]));
    const slope = Float64Array.from(lines, (line) => preciseDot(line, wanted));
    const ridged = lines.map((line, i) =>
      Float64Array.of(...line, ...lines.map((_, k) => (k === i ? RIDGE : 0))),
    );
    // What an infinite weight leaves undecided is how the candidates that it spares stand to each other.
    solveNormal(qr(ridged), slope).forEach((weight, i) => (weights[infinite[i]] = weight));
  }
  const residual = residuals(weights);
  const middle = mean(residual);
  let gap = Math.log(q.reduce((sum, share, i) => sum + share * Math.exp(middle - residual[i]), 0));
  let off = 0;
  constraints.forEach(({ target, relation, maxWeight }, j) => {
    const excess = mean(columns[j].map((value) => value - target));
    const missed =
      relation === 'equal' ? Math.abs(excess) : Math.max(0, relation === 'at-least' ? -excess : excess);
    if (maxWeight < Infinity) gap += maxWeight * missed + weights[j] * excess;
    else if (found.status !== 'infeasible' && Number.isFinite(found.weights[j])) {
      off = Math.max(off, (weights[j] === 0 ? missed : Math.abs(excess)) / rangeOf(constraints[j].values));
    }
  });
  return { gap: Math.abs(gap), off };
}

function rangeOf(values: Float64Array): number {
  return Math.max(...values) - Math.min(...values) || 1;
}

/** Σ aᵢ bᵢ as if in twice the precision (Ogita, Rump and Oishi 2005, "Accurate sum and dot product", Dot2). */
export function preciseDot(a: readonly number[], b: readonly number[]): number {
  let [sum, rest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const product = a[i] * b[i];
    const [aHigh, bHigh] = [upperHalf(a[i]), upperHalf(b[i])];
    const [aLow, bLow] = [a[i] - aHigh, b[i] - bHigh];
    const next = sum + product;
    const kept = next - sum;
    rest += sum - (next - kept) + (product - kept);
    rest += aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
    sum = next;
  }
  return sum + rest;
}

/** The upper half of a number's digits. */
function upperHalf(value: number): number {
  const shifted = (2 ** 27 + 1) * value;
  return shifted - (shifted - value);
}
