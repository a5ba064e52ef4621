import { rangeOf } from '../../numeric/range.js';

/** How the expected value of a constraint stands to its target. */
export type Relation = 'at-least' | 'at-most' | 'equal';

/**
 * A linear constraint on a distribution over candidates: E_q[values] at least, at most or equal to a
 * target. With margins as values it is one on the expected margin; with 1 where a margin reaches a level
 * and 0 elsewhere, it is one on the chance of that (a chance constraint).
 */
export interface LinearConstraint {
  /** A finite number for each candidate. */
  readonly values: Float64Array;
  readonly relation: Relation;
  readonly target: number;
  /** Constraints of a smaller number are met first, where not all can be. */
  readonly priority: number;
  /**
   * Largest size of the constraint's weight, nats per unit of its values. Below Infinity it makes the
   * constraint soft: it is met as far as this weight goes, and its priority has no meaning.
   */
  readonly maxWeight: number;
}

/** A constraint with its numbers brought to a size of about 1. */
export interface ScaledConstraint {
  /** (values − target) / scale. */
  readonly excess: Float64Array;
  /** Range of the values, or their size where they hardly differ. */
  readonly scale: number;
  readonly relation: Relation;
  readonly priority: number;
  /** Bounds of the weight, in nats per scaled unit. */
  readonly low: number;
  readonly high: number;
}

/** Violations up to this, in scaled units, are rounding. */
export const MET = 1e-11;

/** Values that differ by less than this share of their size are taken for equal: what differs is rounding. */
const SAME = 1e-12;

/** Brings a constraint to scale. */
export function scaleConstraint(constraint: LinearConstraint): ScaledConstraint {
  const { values, target, relation, priority, maxWeight } = constraint;
  const { least, most } = rangeOf(values);
  const size = Math.max(Math.abs(least), Math.abs(most));
  const scale = most - least > SAME * size ? most - least : size || 1;
  const excess = new Float64Array(values.length);
  for (let x = 0; x < excess.length; x++) excess[x] = (values[x] - target) / scale;
  return {
    excess,
    scale,
    relation,
    priority,
    ...weightRange(relation, maxWeight * scale),
  };
}

/** Bounds of a weight: its sign is that of what it has to do, and its size at most `largest`. */
export function weightRange(relation: Relation, largest: number): { low: number; high: number } {
  return { low: relation === 'at-least' ? 0 : -largest, high: relation === 'at-most' ? 0 : largest };
}

/** Whether nothing limits the weight but its sign, so that the constraint is to be met at any price. */
export function isHard({ low, high }: ScaledConstraint): boolean {
  return high - low === Infinity;
}

/** Whether an expected excess is what is asked. */
export function isMet({ relation }: ScaledConstraint, excess: number): boolean {
  return violationOf(relation, excess) <= MET;
}

/** By how much an expected excess misses what is asked; 0 if it does not. */
export function violationOf(relation: Relation, excess: number): number {
  if (relation === 'equal') return Math.abs(excess);
  return Math.max(0, relation === 'at-least' ? -excess : excess);
}
