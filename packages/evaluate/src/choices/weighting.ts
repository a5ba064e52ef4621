import {
  capFor,
  cappedBonus,
  type CappedWeighting,
  checkRequest,
  HalfspaceError,
  type LinearAttribute,
  valueOf,
} from '@halfspace/core';
import type { ReadAnswer } from '@halfspace/subspace';
import { generateOptions, type MethodOptions } from '../methods/generate-options.js';
import type { MethodSpec } from '../methods/method.js';

/** Options that say all of a method that adds a bonus of its own to every token. */
const OF_A_BONUS = ['weights', 'cap'];

/** A method of which an answer that is already written has a score. */
export interface Weighting {
  /** The method's name. */
  readonly name: string;
  /**
   * log p(answer | question) + Σ_t Σ_a w_a · min(margin_a(t), cap_a), nats.
   *
   * @param answer - With margins of the attributes that the weighting was made for.
   */
  readonly score: (answer: ReadAnswer) => number;
}

/**
 * Refuses methods that are no sum of margins, by which an answer that is already written could be scored.
 *
 * @throws HalfspaceError `bad-method` where it is neither `plain` nor weights with a cap
 */
export function assertWeights({ name, kind, parameters }: MethodSpec): void {
  const steers =
    kind === 'halfspace' && Object.keys(parameters).every((option) => OF_A_BONUS.includes(option));
  if (kind === 'plain' || steers) return;
  throw bad(name, 'Answers are scored by "plain" and by "halfspace" with "weights" and "cap" alone.');
}

/**
 * How a method scores answers.
 *
 * @param attributes - Those that it may name, in the order of the answers' margins.
 * @param method - One that {@link assertWeights} lets pass.
 * @throws HalfspaceError `bad-method` where it is not constant weights of these attributes, `bad-option`
 */
export async function weightingOf(
  { name, parameters }: MethodSpec,
  attributes: readonly LinearAttribute[],
): Promise<Weighting> {
  const options = generateOptions(parameters as MethodOptions);
  const { weights: given = {}, cap } = options;
  for (const [attribute, weight] of Object.entries(given)) {
    if (typeof valueOf(weight) !== 'number') {
      throw bad(
        name,
        `The weight of ${attribute} must be a number: a schedule has no meaning for a text that is written.`,
      );
    }
    if (!attributes.some((each) => each.name === attribute)) {
      throw bad(name, `There is no attribute "${attribute}" with a subspace here.`);
    }
  }
  await checkRequest({ ...options, prompt: '' }, attributes);
  const weightings = attributes.map((attribute) => {
    const weight = given[attribute.name] ?? 0;
    return { weight: Number(valueOf(weight)), cap: capFor(attribute, weight, cap) };
  });
  return { name, score: ({ logLikelihood, margins }) => logLikelihood + bonusOf(margins, weightings) };
}

/** The tokens of an answer are to the sum what candidates of a step are to decoding. */
function bonusOf(margins: readonly Float64Array[], weightings: readonly CappedWeighting[]): number {
  const tokens = margins.length === 0 ? 0 : margins[0].length;
  return cappedBonus(margins, weightings, tokens).reduce((sum, bonus) => sum + bonus, 0);
}

function bad(name: string, message: string): HalfspaceError {
  return new HalfspaceError('bad-method', `The method "${name}" cannot be used here. ${message}`);
}
