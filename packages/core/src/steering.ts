import { isScoring, type BoundAttribute } from './bound-attributes.js';
import { readSchedule } from './formula/read-formula.js';
import type { CheckedOptions, Weights } from './options.js';
import type { EncodedPrompt } from './prompts.js';
import type { Weighting } from './tilt.js';

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

/** Weights of every step, by attribute. */
export type WeightTables = Readonly<Record<string, Float64Array>>;

/**
 * Finds the weights of every step.
 *
 * @param steps - Number of steps.
 * @param maxTokens - What `progress` of a schedule is a share of.
 * @throws HalfspaceError `formula-invalid`, also for a schedule that is not finite at some step
 */
export async function tabulate(weights: Weights, steps: number, maxTokens: number): Promise<WeightTables> {
  const tables = Object.entries(weights).map(async ([name, weight]) => {
    const table =
      typeof weight === 'number'
        ? new Float64Array(steps).fill(weight)
        : await readSchedule(name, weight, steps, maxTokens);
    return [name, table] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

/**
 * How a prompt is steered.
 *
 * @param tables - An attribute that is not among them has weight 0.
 */
export function createSteering(
  attributes: readonly BoundAttribute[],
  tables: WeightTables,
  { control, formula, cap, form, temperature }: CheckedOptions,
): Steering {
  const steering = attributes.filter(({ name }) => tables[name]?.some((weight) => weight !== 0));
  const linear = steering.length > 0 && steering.every(({ source }) => !isScoring(source));
  const scored = steering.length > 0 && steering.every(({ source }) => isScoring(source));
  const readsStates = attributes.some(({ source }) => isScoring(source) && source.layers.length > 0);
  const weighted = formula === undefined && control.mode === 'penalty';
  return {
    steers: steering.length > 0 || !weighted,
    capped: linear && weighted && cap < Infinity && form === 'calibrated' && temperature > 0,
    byFormula: formula !== undefined && control.mode === 'penalty' && temperature > 0,
    textual: scored && weighted && !readsStates,
    steersAt: (step) => !weighted || steering.some(({ name }) => tables[name][step] !== 0),
    weightedAt: (step) => attributes.map((each) => ({ ...each, weight: tables[each.name]?.[step] ?? 0 })),
  };
}
