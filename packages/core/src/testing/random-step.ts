import type { LinearConstraint, Relation } from '../step/project/linear-constraint.js';
import { createRandom } from './random.js';

/** A step for an optimiser, without a model. */
export interface RandomStep {
  readonly logReference: Float64Array;
  readonly constraints: readonly LinearConstraint[];
}

/** Kinds of margins, among them those that are hard on a solver. */
const KINDS = ['plain', 'tied', 'duplicate', 'near-duplicate', 'constant', 'indicator'] as const;
const LEAST_LOG_PROBABILITY = Math.log(1e-30);

/**
 * Makes steps of 2 to 50 candidates and 1 to 8 constraints: probabilities down to 1e-30; margins with ties,
 * duplicates, constants; targets that can be met, that cannot, and that are at the very edge.
 */
export function createRandomSteps(seed: number): () => RandomStep {
  const random = createRandom(seed);
  const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const pick = <T>(values: readonly T[]): T => values[integer(0, values.length - 1)];
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  function reference(candidates: number): Float64Array {
    const spread = pick([1, 3, 10, 30]);
    const logits = Float64Array.from({ length: candidates }, () => spread * normal());
    const most = Math.max(...logits);
    const raised = logits.map((logit) => Math.max(logit - most, LEAST_LOG_PROBABILITY));
    const mass = raised.reduce((sum, value) => sum + Math.exp(value), 0);
    return raised.map((value) => value - Math.log(mass));
  }

  function margins(candidates: number, earlier: readonly Float64Array[]): Float64Array {
    const fresh = Float64Array.from({ length: candidates }, () => 2 * normal());
    const kind = pick(KINDS);
    if (kind === 'tied') return fresh.map(Math.round);
    if (kind === 'constant' && random() < 0.3) return fresh.fill(fresh[0]);
    if (kind === 'indicator') return fresh.map((value) => (value >= 0 ? 1 : 0));
    if (earlier.length === 0) return fresh;
    if (kind === 'duplicate') return pick(earlier).slice();
    if (kind === 'near-duplicate') return pick(earlier).map((value) => value + 1e-2 * normal());
    return fresh;
  }

  return () => {
    const logReference = reference(Math.round(2 * 25 ** random()));
    const candidates = logReference.length;
    const columns: Float64Array[] = [];
    for (let left = Math.round(8 ** random()); left > 0; left--) columns.push(margins(candidates, columns));
    // Expectations under any distribution can be met together.
    const shares = logReference.map((value) => Math.exp(value / 2 + 2 * normal()));
    const mass = shares.reduce((sum, share) => sum + share, 0);
    const error = random() < 0.6 ? 0 : pick([0.1, 0.3, 1, 3]);
    const constraints = columns.map((values) => {
      const mean = values.reduce((sum, value, x) => sum + (value * shares[x]) / mass, 0);
      const target = random() < 0.9 ? mean + error * normal() : pick([Math.max, Math.min])(...values);
      return {
        values,
        target,
        relation: pick<Relation>(['at-least', 'at-least', 'at-most', 'at-most', 'equal']),
        priority: pick([1, 1, 2]),
        maxWeight: random() < 0.1 ? 5 * random() : Infinity,
      };
    });
    return { logReference, constraints };
  };
}
