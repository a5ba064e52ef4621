import { tilt, type Tilted } from './tilt.js';
import type { StepStatus } from './project.js';

/** A reference distribution tilted as far as a budget lets it. */
export interface BudgetedTilt extends Tilted {
  /** `inactive` where the whole bonus is within the budget, else `optimal`. */
  readonly status: StepStatus;
  /** Share of the bonus that was given, 0 to 1. */
  readonly share: number;
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
  if (whole.kl <= nats) return { ...whole, status: 'inactive', share: 1 };
  let best: BudgetedTilt = { logQ: logReference, kl: 0, status: 'optimal', share: 0 };
  if (nats === 0) return best;
  // The root of the divergence is nearly proportional to the share: Newton steps on it, kept within a bracket.
  const goal = Math.sqrt(nats * (1 - LEFT / 2));
  const part = new Float64Array(bonus.length);
  let [low, high] = [0, 1];
  let share = Math.min(1, goal * Math.sqrt(2 / variance(logReference, bonus)));
  for (let step = 0; step < MOST_STEPS; step++) {
    if (!(share > low && share < high)) share = (low + high) / 2;
    for (let x = 0; x < part.length; x++) part[x] = share * bonus[x];
    const { logQ, kl } = tilt(logReference, part);
    if (kl > nats) high = share;
    else {
      low = share;
      best = { logQ, kl, status: 'optimal', share };
      if (kl >= nats * (1 - LEFT)) break;
    }
    const root = Math.sqrt(kl);
    share += ((goal - root) * 2 * root) / (share * variance(logQ, bonus));
  }
  return best;
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
