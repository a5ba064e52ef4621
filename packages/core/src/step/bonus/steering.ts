import { type BoundAttribute, isScoring } from '../margins/bound-attributes.js';
import type { CheckedOptions } from '../../options/options.js';
import type { EncodedPrompt } from '../../options/prompts.js';
import type { Weighting } from './bonus.js';
import type { WeightTables } from '../../options/weight-tables.js';

/** An attribute with its weight in a step. */
export interface WeightedAttribute extends BoundAttribute, Weighting {}

/** How the completions of a prompt are steered. */
export interface Steering {
  /** Whether any step may be. */
  readonly steers: boolean;
  /**
   * Whether margins count up to a cap: bonuses are then known to be at most something before they are evaluated, and a
   * draw depends on a few of them.
   */
  readonly capped: boolean;
  /** Whether the draw is by a formula as it is, which may have a ceiling: then a draw depends on few margins, too. */
  readonly byFormula: boolean;
  /** Whether a draw depends on texts alone: nothing that steers or is asked reads hidden states. */
  readonly textual: boolean;
  /** Whether a step may be, from 0; one that may not is the model's own, and one candidate of it is run. */
  steersAt(step: number): boolean;
  /** The attributes with their weights in a step. */
  weightedAt(step: number): readonly WeightedAttribute[];
}

/** A prompt, with the weights of the request where it has none of its own, and how its completions are steered. */
export interface SteeredPrompt extends EncodedPrompt {
  readonly steering: Steering;
  /** What of the request can do nothing. */
  readonly warnings: readonly string[];
}

/**
 * How a prompt is steered.
 *
 * @param tables - An attribute that is not among them has weight 0.
 */
export function createSteering(
  attributes: readonly BoundAttribute[],
  tables: WeightTables,
  { control, formula, cap, bonus, temperature }: CheckedOptions,
): Steering {
  const steering = attributes.filter(({ name }) => tables[name]?.some((weight) => weight !== 0));
  const linear = steering.length > 0 && steering.every(({ source }) => !isScoring(source));
  const scored = steering.length > 0 && steering.every(({ source }) => isScoring(source));
  const readsStates = attributes.some(({ source }) => isScoring(source) && source.layers.length > 0);
  const weighted = formula === undefined && control.mode === 'penalty';
  return {
    steers: steering.length > 0 || !weighted,
    capped: linear && weighted && cap < Infinity && bonus === 'margin' && temperature > 0,
    byFormula: formula !== undefined && control.mode === 'penalty' && temperature > 0,
    textual: scored && weighted && !readsStates,
    steersAt: (step) => !weighted || steering.some(({ name }) => tables[name][step] !== 0),
    weightedAt: (step) => attributes.map((each) => ({ ...each, weight: tables[each.name]?.[step] ?? 0 })),
  };
}
