import type { Backend, Filter, NextTokenRequest, NextTokens, TextFilter } from '@halfspace/contracts';
import { chooseFirst } from '../step/look-ahead/text-first.js';
import { planStep } from '../step/plan-step.js';
import { filterReference } from '../step/reference/filter-reference.js';
import { maskedRequest } from '../step/reference/masked-reference.js';
import {
  referenceDistribution,
  referenceRequest,
  type Reference,
} from '../step/reference/reference-distribution.js';
import type { TokenSet } from '../step/reference/token-set.js';
import type { PlannedStep, ReferredStep } from '../step/stages.js';
import type { DecodeRun } from './decode-task.js';
import { mostProbable } from './most-probable.js';
import { isOwnError, outcomeOf } from './outcome.js';
import { scoreStep } from './score-step.js';
import type { Seat } from './job.js';
import { callTogether, hasPlugins, think, waitShortly } from './share-rounds.js';

/**
 * Begins a step of each completion: masks, one call of the output head, the reference distribution, the plan.
 *
 * @param backend - Checked.
 * @param company - How many completions share a call of the trunk.
 */
export async function beginSteps(seats: readonly Seat[], backend: Backend, company: number): Promise<void> {
  const masks = new Map<Seat, TokenSet | undefined>();
  for (const seat of seats) askMasks(seat, (mask) => masks.set(seat, mask));
  const begun = new Map<Seat, () => Promise<Reference>>();
  await callTogether(
    [...masks.keys()],
    async (some) => backend.next(some.map((seat) => requestOf(seat, masks.get(seat)))),
    (seat, answer) => {
      seat.live.mostProbable = mostProbable(answer, seat.job.run);
      begun.set(seat, referenceOf(seat, answer, masks.get(seat)));
    },
  );
  const works = [...begun].map(async ([seat, refer]) =>
    think(seat, async () => outcomeOf(begin(seat, refer, company))),
  );
  await waitShortly(works, [...begun.keys()].some(hasPlugins));
}

/** Finds out which tokens a completion may go on with; what masks throw ends it. */
function askMasks(seat: Seat, found: (mask: TokenSet | undefined) => void): void {
  const { live, job } = seat;
  try {
    found(job.run.masks.allowedAfter(live));
  } catch (error) {
    if (!isOwnError(error)) return job.fail(error);
    seat.outcome = error;
    seat.stage = 'decided';
  }
}

function requestOf({ live, job: { run } }: Seat, mask: TokenSet | undefined): NextTokenRequest {
  const { vocabularySize } = run.tokenizer;
  const request =
    mask === undefined
      ? referenceRequest(live.context, run.reference, live.seen, vocabularySize)
      : maskedRequest(live.context, mask, run.reference, live.seen, vocabularySize);
  // What is asked for besides does not change what becomes of it.
  const topK = Math.max(request.topK, Math.min(run.options.topLogprobs, vocabularySize));
  return { ...request, topK };
}

/** What gives the reference distribution; where nothing is refused it is read from the answer at once. */
function referenceOf(
  { live, job: { run } }: Seat,
  answer: NextTokens,
  mask: TokenSet | undefined,
): () => Promise<Reference> {
  const { filters } = run.options;
  if (filters.length > 0) {
    const rules = { filters: filters.filter(isTextFilter), mask, names: filters.map(({ name }) => name) };
    return async () => filterReference(live, answer, rules, run.reference, run.backend);
  }
  const whole = referenceDistribution(answer, run.reference, live.seen);
  return async () => whole;
}

async function begin(
  { live, job: { run } }: Seat,
  refer: () => Promise<Reference>,
  company: number,
): Promise<PlannedStep> {
  return plan({ text: live, reference: await refer() }, run, company);
}

function isTextFilter(filter: Filter): filter is TextFilter {
  return filter.allows !== undefined;
}

/** Plans a step; one that is decided by texts alone chooses before any candidate is run. */
async function plan(referred: ReferredStep, run: DecodeRun, company: number): Promise<PlannedStep> {
  const step = planStep(referred, run, company);
  if (!step.way.scoresFirst) return step;
  await scoreStep(step, run);
  return chooseFirst(step, run);
}
