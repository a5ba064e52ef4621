import { stepBonus } from '../step/bonus/step-bonus.js';
import { recordMargins } from '../step/margins/margin-record.js';
import { marginsOf } from '../step/margins/margins-of.js';
import type { PlannedStep, SettledStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import { noteDifferences } from './note-differences.js';
import type { Ending } from './outcome.js';
import { tracedStep } from './traced-step.js';

/**
 * Chooses, writes the choice down and moves the completion on.
 *
 * @returns Why it ended, if it did.
 * @throws HalfspaceError `formula-not-finite`
 */
export async function advanceStep(
  live: LiveCompletion,
  step: PlannedStep,
  run: DecodeRun,
): Promise<Ending | undefined> {
  const { way, reference, batches, distances } = step;
  const settled = way.settle({ ...step, bonus: stepBonus(step, run) }, run);
  const { chosen, kl, controlled } = settled;
  const token = reference.tokens[chosen];
  recordStep(live, step, settled, run);
  live.tokens.push(token);
  live.logprobs.push(reference.logProbs[chosen]);
  live.kl += kl;
  live.evaluations += batches.reduce((sum, { rows }) => sum + rows.length, 0);
  if (controlled !== undefined) {
    live.statuses[controlled.status]++;
    noteDifferences(live, step, run);
  }
  const batch = batches.find(({ rows }) => rows.includes(chosen));
  if (batch === undefined) return 'end';
  live.state = run.meter.stateAfter(batch, distances, chosen);
  const before = live.context;
  live.context = batch.look.commit(token);
  run.backend.release(before);
  live.seen.add(token);
  recordMargins(live.margins, marginsOf(live.state, run.attributes));
  const full = live.context.length === run.backend.model.contextLength;
  return full || live.tokens.length === run.options.maxTokens ? 'length' : undefined;
}

function recordStep(
  live: LiveCompletion,
  { reference, distances }: PlannedStep,
  { chosen, kl, logQ, controlled }: SettledStep,
  { attributes, options, tokenizer }: DecodeRun,
): void {
  if (!options.trace || logQ === undefined) return;
  const before = live.state.distances;
  const record = { reference, before, distances, logQ, chosen, kl, controlled };
  live.trace.push({ step: live.tokens.length, ...tracedStep(record, attributes, tokenizer) });
}
