import type { Halfspace } from '../create-halfspace.js';
import type { JointWeights } from './joint-budget.js';
import { tiltJointly } from './joint-step.js';
import { sampleSteps } from './sample-steps.js';
import type { TuneOptions } from './tune-options.js';
import { byName, isReached, outOfReach, problemOf, solve, type TuneProblem } from './tune-problem.js';
import type { TuneRound, Tuning } from './tuning.js';

const MOST_ROUNDS = 3;
/** The largest weight that is tried. The best candidate is all but certain with much less. */
const MOST_WEIGHT = 64;
/** By how much weights may grow in a round: a text says little of what far larger ones would write. */
const GROWTH = 8;

/** Completes prompts and solves for weights in turns, until both agree. */
export async function findWeights(halfspace: Halfspace, options: TuneOptions): Promise<Tuning> {
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
