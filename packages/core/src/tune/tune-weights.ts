import type { Halfspace } from '../create-halfspace.js';
import type { ByName } from '../options/by-name.js';
import type { JointWeights } from './joint-budget.js';
import { tiltJointly } from './joint-step.js';
import { sampleSteps } from './sample-steps.js';
import type { TuneOptions } from './tune-options.js';
import { byName, isReached, outOfReach, problemOf, solve, type TuneProblem } from './tune-problem.js';

/** Weights with which the prompts were completed, and what they came to. */
export interface TuneRound<Name extends string = string> {
  /** By attribute, nats per unit of margin. */
  readonly weights: ByName<Name, number>;
  /** Mean of KL(q‖p) over the tokens, nats. */
  readonly kl: number;
  /** By attribute, the mean over the tokens of the expected margin, in log-odds. */
  readonly margins: ByName<Name, number>;
}

/** Weights that were found. */
export interface Tuning<Name extends string = string> {
  /** By attribute, nats per unit of margin: for `weights` of `generate`. */
  readonly weights: ByName<Name, number>;
  /** By attribute, up to which margin a candidate was the better for it: a weight is for this cap and no other. */
  readonly caps: ByName<Name, number>;
  /**
   * Whether the completions written with these weights came to the goal. If not, the rounds were not enough for
   * text and weights to agree: tune once more from here, or on more prompts.
   */
  readonly settled: boolean;
  /**
   * The rounds, each with the weights that were found on the one before. The figures are of prompts that were tuned on:
   * to know what weights do, measure it on others.
   */
  readonly rounds: readonly TuneRound<Name>[];
}

const MOST_ROUNDS = 3;
/** The largest weight that is tried. The best candidate is all but certain with much less. */
const MOST_WEIGHT = 64;
/** By how much weights may grow in a round: a text says little of what far larger ones would write. */
const GROWTH = 8;

/**
 * Finds weights for a goal: fixed ones, which leave look-ahead lazy. The prompts are completed with all candidates
 * looked at; the weights are what brings these steps to the goal when all share them, margins counted as decoding counts
 * them. As other weights write another text, it is done again with what was found, up to three rounds, until the
 * completions come to the goal: within 5 % of the nats, or 0.05 of every level.
 *
 * @typeParam Name - Names of the attributes; leave it to be inferred.
 * @throws HalfspaceError `out-of-reach` where no weight comes to the goal, saying what can be had; `bad-option`, and
 * what `generate` throws; the error of a completion that ended with one
 */
export async function tuneWeights<Name extends string>(
  halfspace: Halfspace<Name>,
  options: TuneOptions<NoInfer<Name>>,
): Promise<Tuning<Name>>;
export async function tuneWeights(halfspace: Halfspace, options: TuneOptions): Promise<Tuning> {
  const problem = problemOf(halfspace, options);
  const caps = Object.fromEntries(problem.names.map((name, a) => [name, problem.caps[a]]));
  const rounds: TuneRound[] = [];
  let weights = problem.start;
  for (;;) {
    const steps = await sampleSteps(halfspace, options, problem, weights, rounds.length);
    const found = { weights, ...tiltJointly(steps, weights, problem.caps) };
    rounds.push(roundOf(problem, found));
    if (isReached(problem, found)) return { weights: byName(problem, weights), caps, settled: true, rounds };
    const most = Math.min(MOST_WEIGHT, GROWTH * Math.max(1, ...weights.map(Math.abs)));
    const solved = solve(problem, steps, weights, most);
    const isLast = rounds.length === MOST_ROUNDS;
    if ((isLast || most === MOST_WEIGHT) && !isReached(problem, solved)) throw outOfReach(problem, solved);
    weights = solved.weights;
    if (isLast) return { weights: byName(problem, weights), caps, settled: false, rounds };
  }
}

function roundOf(problem: TuneProblem, { weights, kl, margins }: JointWeights): TuneRound {
  return { weights: byName(problem, weights), kl, margins: byName(problem, margins) };
}
