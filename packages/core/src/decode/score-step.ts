import type { HalfspaceError } from '@halfspace/contracts';
import type { PlannedStep } from '../step/stages.js';
import { textStep } from '../text/text-step.js';
import type { DecodeRun } from './decode-task.js';
import { outcomeOf } from './outcome.js';

/** Asks the scoring attributes about a step, and fills in what they answer. */
export async function scoreStep(step: PlannedStep, run: DecodeRun): Promise<PlannedStep | HalfspaceError> {
  const { meter, tokenizer, signal } = run;
  const asked = meter.asks ? step.way.candidatesToScore(step) : [];
  if (asked.length === 0) return step;
  const { text, reference, distances, batches } = step;
  const tokens = asked.map((candidate) => reference.tokens[candidate]);
  const asking = {
    step: text.tokens.length,
    asked,
    text: textStep(text, tokens, tokenizer),
    wave: batches[0],
    before: text.state,
    signal,
  };
  return (await outcomeOf(meter.ask(distances, asking))) ?? step;
}
