import type { Backend } from '@halfspace/contracts';
import { chooseFirst } from '../step/look-ahead/text-first.js';
import { planStep } from '../step/plan-step.js';
import { filterReference } from '../step/reference/filter-reference.js';
import {
  referenceDistribution,
  referenceRequest,
  type Reference,
} from '../step/reference/reference-distribution.js';
import type { PlannedStep, ReferredStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import { outcomeOf } from './outcome.js';
import { scoreStep } from './score-step.js';
import type { Seat } from './job.js';
import { callTogether, hasPlugins, think, waitShortly } from './share-rounds.js';

/**
 * Begins a step of each completion: one call of the output head, the reference distribution, the plan.
 *
 * @param backend - Checked.
 * @param company - How many completions share a call of the trunk.
 */
export async function beginSteps(seats: readonly Seat[], backend: Backend, company: number): Promise<void> {
  const { vocabularySize } = backend.tokenizer;
  const wholes = new Map<Seat, Reference>();
  await callTogether(
    seats,
    async (some) =>
      backend.next(
        some.map(({ live, job: { run } }) =>
          referenceRequest(live.context, run.reference, live.seen, vocabularySize),
        ),
      ),
    (seat, answer) =>
      void wholes.set(seat, referenceDistribution(answer, seat.job.run.reference, seat.live.seen)),
  );
  const works = [...wholes].map(async ([seat, whole]) =>
    think(seat, async () => outcomeOf(begin(seat, whole, company))),
  );
  await waitShortly(works, [...wholes.keys()].some(hasPlugins));
}

async function begin({ live, job: { run } }: Seat, whole: Reference, company: number): Promise<PlannedStep> {
  const reference = run.options.filters.length === 0 ? whole : await filter(live, whole, run);
  return plan({ text: live, reference }, run, company);
}

async function filter(text: LiveCompletion, whole: Reference, run: DecodeRun): Promise<Reference> {
  return filterReference(text, whole, run.options.filters, run.reference, run.backend);
}

/** Plans a step; one that is decided by texts alone chooses before any candidate is run. */
async function plan(referred: ReferredStep, run: DecodeRun, company: number): Promise<PlannedStep> {
  const step = planStep(referred, run, company);
  if (!step.way.scoresFirst) return step;
  await scoreStep(step, run);
  return chooseFirst(step, run);
}
