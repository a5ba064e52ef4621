import type { Control } from '../options/control.js';
import type { Weights } from '../options/weights.js';
import type { Halfspace } from '../create-halfspace.js';
import type { JointStep } from './joint-step.js';
import { jointSteps } from './joint-steps.js';
import type { TuneOptions } from './tune-options.js';
import type { TuneProblem } from './tune-problem.js';

/** Completes the prompts, and gives all steps with all their candidates. */
export async function sampleSteps(
  halfspace: Halfspace,
  tuning: TuneOptions,
  problem: TuneProblem,
  weights: Float64Array,
  round: number,
): Promise<JointStep[]> {
  const { goal: _, cap: _cap, onProgress, ...options } = tuning;
  const total = options.prompts.length * (options.samples ?? 1);
  const steps: JointStep[] = [];
  let done = 0;
  onProgress?.({ round, done, total });
  const steering = weights.some((weight) => weight !== 0);
  const events = halfspace.stream({
    ...options,
    weights: cappedByName(problem, steering ? weights : weights.map(() => 1)),
    bonus: 'margin',
    control: steering ? { mode: 'penalty' } : UNMOVED,
    trace: true,
  });
  for await (const event of events) {
    if (event.type !== 'completion') continue;
    const { error, trace = [] } = event.completion;
    if (error !== undefined) throw error;
    steps.push(...jointSteps(trace, problem.names));
    onProgress?.({ round, done: ++done, total });
  }
  return steps;
}

function cappedByName({ names, caps }: TuneProblem, weights: Float64Array): Weights {
  return Object.fromEntries(names.map((name, a) => [name, { weight: weights[a], cap: caps[a] }]));
}

/** Looks at all candidates as if to steer, and leaves them as they are. */
const UNMOVED: Control = { mode: 'kl-budget', nats: 0 };
