import { tilt, type Tilted } from './tilt.js';
import type { StepStatus } from './project.js';
import { rangeOf } from '../../numeric/range.js';

/** A reference distribution tilted as far as a budget lets it. */
export interface BudgetedTilt extends Tilted {
  /** `inactive` where the whole bonus is within the budget, else `optimal`. */
  readonly status: StepStatus;
  /** Share of the bonus that was given, 0 to 1. */
  readonly share: number;
  /** That share of the bonus, up to what is added to all candidates. */
  readonly gain: Float64Array;
}

/** Share of the budget that may be left over. */
const LEFT = 1e-12;
const MOST_STEPS = 200;

/**
 * Of all q with KL(q‖p) at most a budget, the one that maximises E_q[bonus] − KL(q‖p): the tilt by the whole bonus if
 * the budget allows it, else by the share of it that spends the budget. With a bonus of any size only its
 * direction counts.
 *
 * @param logReference - Finite log-probabilities of the candidates, at least one.
 * @param bonus - One finite number for each candidate, of any size.
 * @param nats - The budget, at least 0. It is never exceeded, and spent but for a share of 1e-12.
 */
export function tiltWithinBudget(
  logReference: Float64Array,
  bonus: Float64Array,
  nats: number,
): BudgetedTilt {
  const whole = tilt(logReference, bonus);
  if (whole.kl <= nats) return { ...whole, status: 'inactive', share: 1, gain: bonus };
  // Between −1 and 0, so that squares of bonuses of any size are finite.
  const { least, most } = rangeOf(bonus);
  const range = most - least;
  const unit = bonus.map((value) => (value - most) / range);
  let best: BudgetedTilt = {
    logQ: logReference,
    kl: 0,
    status: 'optimal',
    share: 0,
    gain: new Float64Array(bonus.length),
  };
  if (nats === 0) return best;
  // The root of the divergence is nearly proportional to the scale: Newton steps on it, kept within a bracket. The variance
  // of numbers between −1 and 0 is a quarter at most, so that the divergence is at most an eighth of the square of the scale.
  const goal = Math.sqrt(nats * (1 - LEFT / 2));
  let [low, high] = [0, range];
  let scale = Math.min(range, goal * Math.sqrt(2 / variance(logReference, unit)));
  const floor = Math.min(range, Math.sqrt(8 * nats) * (1 - LEFT));
  for (let step = 0; step < MOST_STEPS; step++) {
    if (!(scale > low && scale < high)) scale = between(Math.max(low, floor), high);
    const gain = unit.map((value) => scale * value);
    const { logQ, kl } = tilt(logReference, gain);
    if (kl > nats) high = scale;
    else {
      low = scale;
      best = { logQ, kl, status: 'optimal', share: scale / range, gain };
      if (kl >= nats * (1 - LEFT)) break;
    }
    const root = Math.sqrt(kl);
    scale += ((goal - root) * 2 * root) / (scale * variance(logQ, unit));
  }
  return best;
}

/** The middle of two numbers above 0; of numbers of another size that of their logarithms. */
function between(low: number, high: number): number {
  return high > 4 * low ? Math.sqrt(low) * Math.sqrt(high) : (low + high) / 2;
}

function variance(logQ: Float64Array, values: Float64Array): number {
  const q = new Float64Array(logQ.length);
  let [mean, square] = [0, 0];
  for (let x = 0; x < q.length; x++) {
    q[x] = Math.exp(logQ[x]);
    mean += q[x] * values[x];
  }
  for (let x = 0; x < q.length; x++) square += q[x] * (values[x] - mean) ** 2;
  return square;
}
