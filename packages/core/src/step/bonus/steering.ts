import { type BoundAttribute, isScoring } from '../margins/bound-attributes.js';
import type { Formula } from '../../formula/compile.js';
import type { CheckedOptions } from '../../options/options.js';
import type { EncodedPrompt } from '../../options/prompts.js';
import type { Weighting } from './bonus.js';
import { capFor, type Weights } from '../../options/weights.js';
import type { WeightTables } from '../../options/weight-tables.js';

/** An attribute with its weight in a step. */
export interface WeightedAttribute extends BoundAttribute, Weighting {
  /** Whether the draw of the step depends on its margins; others are measured, of the candidate that is drawn. */
  readonly counts: boolean;
}

/** How the completions of a prompt are steered. */
export interface Steering {
  /** Whether any step may be. */
  readonly steers: boolean;
  /** Whether a draw depends on bonuses as they are: no budget scales them, no constraint adds to them, and each is of its own candidate. */
  readonly byBonus: boolean;
  /**
   * Whether look-ahead can be lazy in every step: bonuses are known to be at most something before they are evaluated, so that
   * a draw depends on a few of them.
   */
  readonly lazy: boolean;
  /** Whether draws depend on texts alone: no attribute that counts in any step reads hidden states. */
  readonly textual: boolean;
  /** For each attribute, up to which margin a candidate is the better for it. */
  readonly caps: readonly number[];
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

/** What a prompt asks for. */
export interface SteeringParts {
  /** The attributes of the run. */
  readonly attributes: readonly BoundAttribute[];
  /** Weights of the prompt, as they were given. */
  readonly weights: Weights;
  /** Weights of every step; an attribute that is not among them has weight 0. */
  readonly tables: WeightTables;
  /** Takes the place of weights. */
  readonly formula: Formula | undefined;
  /** Steps of a completion, at most. */
  readonly steps: number;
  readonly options: CheckedOptions;
}

/** How a prompt is steered. */
export function createSteering(parts: SteeringParts): Steering {
  const { attributes, weights, tables, formula, options } = parts;
  const { control, bonus } = options;
  const named = new Set([
    ...(formula?.attributes ?? []),
    ...(control.mode === 'constraints' ? control.constraints.map(({ attribute }) => attribute) : []),
  ]);
  const weightAt = (name: string, step: number) => tables[name]?.[step] ?? 0;
  const counting = attributes.filter(
    ({ name }) => named.has(name) || tables[name]?.some((weight) => weight !== 0),
  );
  const caps = attributes.map((each) => capFor(each, weights[each.name], options.cap));
  const byBonus = control.mode === 'penalty' && bonus === 'margin';
  const hasCeiling =
    formula === undefined
      ? attributes.every((each, a) => caps[a] < Infinity || !counting.includes(each))
      : hasCeilings(formula, parts);
  return {
    steers: counting.length > 0,
    byBonus,
    lazy: byBonus && hasCeiling && !counting.some(({ source }) => isScoring(source)),
    textual: counting.length > 0 && counting.every(readsText),
    caps,
    steersAt: (step) => counting.some(({ name }) => named.has(name) || weightAt(name, step) !== 0),
    weightedAt: (step) =>
      attributes.map((each, a) => {
        const weight = weightAt(each.name, step);
        return { ...each, weight, cap: caps[a], counts: weight !== 0 || named.has(each.name) };
      }),
  };
}

/** Whether a formula has a ceiling in every step. */
function hasCeilings({ ceilingAt }: Formula, { steps, options }: SteeringParts): boolean {
  for (let step = 0; step < steps; step++) {
    if (ceilingAt({ step, progress: step / options.maxTokens }) === Infinity) return false;
  }
  return true;
}

/** Whether margins of an attribute are known before any candidate is run. */
function readsText({ source }: BoundAttribute): boolean {
  return isScoring(source) && source.layers.length === 0;
}
