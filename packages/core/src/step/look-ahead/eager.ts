import { projectStep } from '../project/project-step.js';
import type { ReferredStep, Way } from '../stages.js';
import { withoutEndTokens } from './without-end-tokens.js';

/** The way of a step that needs all of q: every candidate is run, in one call. */
export const eager: Way = {
  scoresFirst: false,
  candidatesToRun: (step, { tokenizer }) =>
    step.batches.length > 0 ? [] : withoutEndTokens(candidatesOf(step), step, tokenizer),
  candidatesToScore: candidatesOf,
  settle: projectStep,
};

function candidatesOf({ reference }: ReferredStep): number[] {
  return [...reference.tokens.keys()];
}
