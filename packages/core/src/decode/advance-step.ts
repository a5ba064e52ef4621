import { recordMargins } from '../step/margins/margin-record.js';
import { marginsOf } from '../step/margins/margins-of.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import { noteDifferences } from './note-differences.js';
import type { Ending } from './outcome.js';
import type { DecidedStep } from './settle-step.js';
import { tracedStep } from './traced-step.js';

/**
 * Writes the choice of a step down and moves the completion on.
 *
 * @returns Why it ended, if it did.
 */
export function advanceStep(live: LiveCompletion, decided: DecidedStep, run: DecodeRun): Ending | undefined {
  const { step, settled } = decided;
  const { reference, batches, distances } = step;
  const { chosen, kl, klIsExact, controlled } = settled;
  const token = reference.tokens[chosen];
  recordStep(live, decided, run);
  live.tokens.push(token);
  live.logprobs.push(reference.logProbs[chosen]);
  live.topLogprobs.push(live.mostProbable);
  live.kl += kl;
  live.klIsExact &&= klIsExact;
  live.evaluations += batches.reduce((sum, { rows }) => sum + rows.length, 0);
  // A step that nothing steers has all that was asked of it.
  live.statuses[controlled?.status ?? 'inactive']++;
  if (controlled !== undefined) noteDifferences(live, step, run);
  const batch = batches.find(({ rows }) => rows.includes(chosen));
  if (batch === undefined) return 'end';
  live.state = run.marginReader.stateAfter(batch, distances, chosen);
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
  { step: { reference, distances }, settled: { chosen, kl, logQ, controlled } }: DecidedStep,
  { attributes, options, tokenizer }: DecodeRun,
): void {
  if (!options.trace || logQ === undefined) return;
  const before = live.state.distances;
  const record = { reference, before, distances, logQ, chosen, kl, controlled };
  live.trace.push({ step: live.tokens.length, ...tracedStep(record, attributes, tokenizer) });
}
