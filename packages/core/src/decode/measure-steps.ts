import { type HalfspaceError, isHalfspaceError, type LookAhead, throwIfAborted } from '@halfspace/contracts';
import { holdStates } from '../step/margins/margin-reader.js';
import type { PlannedStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import { outcomeOf } from './outcome.js';
import { settleStep, type DecidedStep } from './settle-step.js';

/**
 * Runs candidates of all steps that want any through the model, in one call, and lets those choose that want no more.
 *
 * @param steps - Those that want more are replaced by what they are then.
 * @returns The steps that have chosen, each with its completion, or the error that ends that one.
 */
export async function measureSteps(
  steps: Map<LiveCompletion, PlannedStep>,
  run: DecodeRun,
): Promise<(readonly [LiveCompletion, DecidedStep | HalfspaceError])[]> {
  await runLookAhead([...steps.values()], run);
  throwIfAborted(run.signal);
  const decided = [...steps].map(async ([each, step]) => [each, await outcomeOf(goOn(step, run))] as const);
  return (await Promise.all(decided)).flatMap(([each, outcome]) => {
    if (isHalfspaceError(outcome) || 'settled' in outcome) return [[each, outcome]];
    steps.set(each, outcome);
    return [];
  });
}

/** A step after look-ahead: one that wants more, or one that has chosen. */
async function goOn(step: PlannedStep, run: DecodeRun): Promise<PlannedStep | DecidedStep> {
  const toRun = step.toRun.length === 0 ? step.toRun : step.way.candidatesToRun(step, run);
  return toRun.length > 0 ? { ...step, toRun } : settleStep(step, run);
}

async function runLookAhead(steps: readonly PlannedStep[], run: DecodeRun): Promise<void> {
  const { backend, meter } = run;
  const wanted = steps.filter(({ toRun }) => toRun.length > 0);
  if (wanted.length === 0) return;
  const requests = wanted.map(({ text, reference, toRun }) => ({
    context: text.context,
    tokens: toRun.map((row) => reference.tokens[row]),
    layers: meter.layers,
    ranks: toRun,
  }));
  const looks = await backend.lookAhead(requests);
  wanted.forEach(({ toRun, distances, batches }, i) => {
    const batch = { rows: toRun, look: heldLook(looks[i], meter.kept) };
    meter.read(batch, distances);
    batches.push(batch);
  });
}

/** A look-ahead whose hidden states at some layers are copied now: those that are read when others have used the backend. */
function heldLook(look: LookAhead, layers: readonly number[]): LookAhead {
  if (layers.length === 0) return look;
  return { ...holdStates(look, layers), commit: (candidate) => look.commit(candidate) };
}
