import { type HalfspaceError, isHalfspaceError } from '@halfspace/contracts';
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

/**
 * Begins a step of each completion: one call of the output head, the reference distribution, the plan.
 *
 * @param company - How many completions share a call of the trunk.
 * @returns For each, its step or the error that ends it.
 */
export async function beginSteps(
  idle: readonly LiveCompletion[],
  run: DecodeRun,
  company: number,
): Promise<(readonly [LiveCompletion, PlannedStep | HalfspaceError])[]> {
  if (idle.length === 0) return [];
  const { backend, tokenizer } = run;
  const answers = await backend.next(
    idle.map(({ context, seen }) => referenceRequest(context, run.reference, seen, tokenizer.vocabularySize)),
  );
  // All of them before anything is waited for: the next call may use the lists of this one again.
  const wholes = idle.map(({ seen }, i) => referenceDistribution(answers[i], run.reference, seen));
  const references: (Reference | HalfspaceError)[] = [];
  for (const [i, whole] of wholes.entries()) {
    references.push(run.options.filters.length === 0 ? whole : await outcomeOf(filter(idle[i], whole, run)));
  }
  return Promise.all(
    references.map(async (reference, i) => {
      const text = idle[i];
      if (isHalfspaceError(reference)) return [text, reference] as const;
      return [text, await outcomeOf(plan({ text, reference }, run, company))] as const;
    }),
  );
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
