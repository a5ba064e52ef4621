import { type HalfspaceError, type LookAhead, throwIfAborted } from '@halfspace/contracts';
import { holdStates } from '../step/margins/margin-reader.js';
import type { PlannedStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import { scoreStep } from './score-step.js';

/**
 * Runs candidates of all steps that want any through the model, in one call, and asks scoring attributes about those
 * that want no more.
 *
 * @returns The steps of which everything is known now, each with its completion, or the error that ends that one.
 */
export async function measureSteps(
  steps: ReadonlyMap<LiveCompletion, PlannedStep>,
  run: DecodeRun,
): Promise<(readonly [LiveCompletion, PlannedStep | HalfspaceError])[]> {
  await runLookAhead([...steps.values()], run);
  throwIfAborted(run.signal);
  const known = [...steps].filter(([, step]) => step.way.candidatesToRun(step, run).length === 0);
  return Promise.all(known.map(async ([each, step]) => [each, await scoreStep(step, run)] as const));
}

async function runLookAhead(steps: readonly PlannedStep[], run: DecodeRun): Promise<void> {
  const { backend, meter } = run;
  const wanted = steps.flatMap((step) => {
    const rows = step.way.candidatesToRun(step, run);
    return rows.length === 0 ? [] : [{ step, rows }];
  });
  if (wanted.length === 0) return;
  const requests = wanted.map(({ step: { text, reference }, rows }) => ({
    context: text.context,
    tokens: rows.map((row) => reference.tokens[row]),
    layers: meter.layers,
    ranks: rows,
  }));
  const looks = await backend.lookAhead(requests);
  wanted.forEach(({ step, rows }, i) => {
    const batch = { rows, look: heldLook(looks[i], meter.kept) };
    meter.read(batch, step.distances);
    step.batches.push(batch);
  });
}

/** A look-ahead whose hidden states at some layers are copied now: those that are read when others have used the backend. */
function heldLook(look: LookAhead, layers: readonly number[]): LookAhead {
  if (layers.length === 0) return look;
  return { ...holdStates(look, layers), commit: (candidate) => look.commit(candidate) };
}
