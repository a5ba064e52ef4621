import type { PlannedStep } from '../step/stages.js';
import { textStep } from '../text/text-step.js';
import type { DecodeRun } from './decode-task.js';

/**
 * Asks the scoring attributes that the draw of a step depends on about its candidates, and fills in what they answer. In a trace
 * all are asked, so that it shows what each says of every candidate.
 *
 * @throws HalfspaceError `attribute-failed`, `aborted`
 */
export async function scoreStep(step: PlannedStep, run: DecodeRun): Promise<void> {
  const asked = step.way.candidatesToScore(step);
  const scorers = run.marginReader.scorers.filter((a) => run.options.trace || step.weighted[a].counts);
  await ask(step, scorers, asked, run);
}

/**
 * Asks those that have not been asked about the candidate that was drawn, if it goes on.
 *
 * @throws HalfspaceError `attribute-failed`, `aborted`
 */
export async function measureChosen(step: PlannedStep, chosen: number, run: DecodeRun): Promise<void> {
  if (!step.batches.some(({ rows }) => rows.includes(chosen))) return;
  const scorers = run.marginReader.scorers.filter((a) => Number.isNaN(step.distances[a][chosen]));
  await ask(step, scorers, [chosen], run);
}

async function ask(
  { text, reference, distances, batches }: PlannedStep,
  scorers: readonly number[],
  asked: readonly number[],
  { marginReader, tokenizer, signal }: DecodeRun,
): Promise<void> {
  if (scorers.length === 0 || asked.length === 0) return;
  const tokens = asked.map((candidate) => reference.tokens[candidate]);
  await marginReader.ask(distances, {
    step: text.tokens.length,
    scorers,
    asked,
    text: textStep(text, tokens, tokenizer),
    batch: batches.find(({ rows }) => asked.some((candidate) => rows.includes(candidate))),
    before: text.state,
    signal,
  });
}
