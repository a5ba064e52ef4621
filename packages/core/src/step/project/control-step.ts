import type { Constraint, Control } from '../../options/control.js';
import { tilt, type Tilted } from './tilt.js';
import type { Weighting } from '../bonus/bonus.js';
import { tiltWithinBudget } from './kl-budget.js';
import type { LinearConstraint } from './linear-constraint.js';
import { project, type StepStatus } from './project.js';
import { divergence } from '../../numeric/kl-divergence.js';
import { dot } from '../../numeric/dot.js';

/** An attribute in a step. */
export interface MeasuredAttribute extends Pick<Weighting, 'weight'> {
  readonly name: string;
  /** Margin of every candidate. */
  readonly margins: Float64Array;
}

/** A step before its optimiser has run. */
export interface StepToControl {
  readonly logReference: Float64Array;
  /** What the attributes' weights add to each candidate. */
  readonly bonus: Float64Array;
  readonly attributes: readonly MeasuredAttribute[];
  /** Nats that the completion has left for this step; Infinity without a budget. */
  readonly nats: number;
}

/** What an optimiser made of a step. */
export interface ControlledStep extends Tilted {
  readonly status: StepStatus;
  /** Share of the bonus that was given. */
  readonly share: number;
  /** What was added to the log-probability of each candidate, up to what is added to all. */
  readonly gain: Float64Array;
  /** Weight of each attribute that was used, nats per unit of its margin; that of chances is not in it. */
  readonly weights: readonly number[];
  /** Weight of each constraint; none in other modes. */
  readonly constraintWeights: readonly number[];
  /** Constraints that this step could not meet together, as indices. */
  readonly conflicts: readonly number[];
}

/** Runs the optimiser of a mode on a step. */
export function controlStep(control: Control, step: StepToControl): ControlledStep {
  return control.mode === 'constraints' ? constrain(control.constraints, step) : tiltStep(step);
}

/**
 * Nats that a step may spend; without a budget, any number.
 *
 * @param index - Number of the step, from 0.
 * @param spent - Nats that the steps before it have spent.
 */
export function stepBudget(control: Control, index: number, spent: number, maxTokens: number): number {
  if (control.mode !== 'kl-budget') return Infinity;
  if (control.per !== 'completion') return control.nats;
  return Math.max(0, (control.nats * (index + 1)) / maxTokens - spent);
}

function tiltStep({ logReference, bonus, attributes, nats }: StepToControl): ControlledStep {
  const tilted = tiltWithinBudget(logReference, bonus, nats);
  const weights = attributes.map(({ weight }) => tilted.share * weight);
  return { ...tilted, weights, constraintWeights: [], conflicts: [] };
}

function constrain(
  constraints: readonly Constraint[],
  { logReference, bonus, attributes }: StepToControl,
): ControlledStep {
  const p = logReference.map(Math.exp);
  const { logQ: start } = tilt(logReference, bonus);
  const found = project(
    start,
    constraints.map((each) => {
      const measured = attributes.find(({ name }) => name === each.attribute);
      return linearise(each, measured?.margins ?? new Float64Array(), p);
    }),
  );
  const { logQ, status, conflicts } = found;
  const weights = attributes.map(({ name, weight }) =>
    constraints.reduce((sum, { attribute, kind }, j) => {
      return attribute === name && kind !== 'chance' ? sum + found.weights[j] : sum;
    }, weight),
  );
  return {
    logQ,
    kl: divergence(logQ, logReference),
    status,
    share: 1,
    // To the last bit what lazy look-ahead adds, where constraints have nothing to do.
    gain: status === 'inactive' ? bonus : logQ.map((value, x) => value - logReference[x]),
    weights,
    constraintWeights: [...found.weights],
    conflicts,
  };
}

function linearise(constraint: Constraint, margins: Float64Array, p: Float64Array): LinearConstraint {
  const { priority = 1, maxWeight = Infinity } = constraint;
  switch (constraint.kind) {
    case 'keep':
      return { values: margins, relation: 'equal', target: dot(p, margins), priority, maxWeight };
    case 'chance': {
      const values = margins.map((margin) => (margin >= constraint.margin ? 1 : 0));
      return { values, relation: 'at-least', target: constraint.probability, priority, maxWeight };
    }
    default:
      return { values: margins, relation: constraint.kind, target: constraint.margin, priority, maxWeight };
  }
}
