import type { Backend, LookAhead, LookAheadRequest } from '@halfspace/contracts';
import { holdStates } from '../step/margins/margin-reader.js';
import type { PlannedStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import { outcomeOf } from './outcome.js';
import type { Seat } from './job.js';
import { callTogether, hasPlugins, think, waitShortly } from './share-rounds.js';
import { settleStep, type DecidedStep } from './settle-step.js';

/**
 * Runs candidates of all steps that want any through the model, in one call, and lets those choose that want no more.
 *
 * @param seats - Those with a planned step. Where a call has no room for all, those that have waited longest come first.
 * @param backend - Checked.
 * @param maxRows - Candidates that are run in this call; the others wait for the next round.
 */
export async function measureSteps(seats: readonly Seat[], backend: Backend, maxRows: number): Promise<void> {
  const ready = seats.filter(({ step }) => step?.toRun.length === 0);
  await callTogether(
    withinBudget(
      seats.filter(({ step }) => step !== undefined && step.toRun.length > 0).sort(bySince),
      maxRows,
    ),
    async (some) => backend.lookAhead(some.map(requestOf)),
    (seat, look) => {
      readLook(seat, look);
      ready.push(seat);
    },
  );
  const works = ready
    .filter(({ job }) => !job.ended)
    .map(async (seat) => think(seat, async () => outcomeOf(goOn(seat.step as PlannedStep, seat.job.run))));
  await waitShortly(works, ready.some(hasPlugins));
}

function bySince(a: Seat, b: Seat): number {
  return a.since - b.since;
}

/** The first of some seats, as many as one call has room for; at least one. */
function withinBudget(seats: readonly Seat[], maxRows: number): Seat[] {
  let rows = 0;
  return seats.filter(({ step }, i) => {
    rows += step?.toRun.length ?? 0;
    return i === 0 || rows <= maxRows;
  });
}

function requestOf({ step, job: { run } }: Seat): LookAheadRequest {
  const { text, reference, toRun } = step as PlannedStep;
  const tokens = toRun.map((row) => reference.tokens[row]);
  return { context: text.context, tokens, layers: run.marginReader.layers, ranks: toRun };
}

function readLook({ step, job: { run } }: Seat, look: LookAhead): void {
  const { toRun, distances, batches } = step as PlannedStep;
  const batch = { rows: toRun, look: heldLook(look, run.marginReader.kept) };
  run.marginReader.read(batch, distances);
  batches.push(batch);
}

/** A step after look-ahead: one that wants more, or one that has chosen. */
async function goOn(step: PlannedStep, run: DecodeRun): Promise<PlannedStep | DecidedStep> {
  const toRun = step.toRun.length === 0 ? step.toRun : step.way.candidatesToRun(step, run);
  return toRun.length > 0 ? { ...step, toRun } : settleStep(step, run);
}

/** A look-ahead whose hidden states at some layers are copied now: those that are read when others have used the backend. */
function heldLook(look: LookAhead, layers: readonly number[]): LookAhead {
  if (layers.length === 0) return look;
  return { ...holdStates(look, layers), commit: (candidate) => look.commit(candidate) };
}
