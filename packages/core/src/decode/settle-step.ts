import type { PlannedStep, SettledStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import { measureChosen, scoreStep } from './score-step.js';

/** A step that has chosen, and all that there is to know of its choice. */
export interface DecidedStep {
  readonly step: PlannedStep;
  readonly settled: SettledStep;
}

/**
 * Lets a step choose whose look-ahead is done: scoring attributes that the choice depends on are asked before it, those that only
 * measure after it, about what was chosen.
 *
 * @throws HalfspaceError `attribute-failed`, `formula-not-finite`, `aborted`
 */
export async function settleStep(step: PlannedStep, run: DecodeRun): Promise<DecidedStep> {
  await scoreStep(step, run);
  const settled = step.way.settle(step, run);
  await measureChosen(step, settled.chosen, run);
  return { step, settled };
}
