import type { SuitePrompt } from '../suites/suite-prompt.js';
import type { Plan } from './plan.js';
import { complaintOf, type Check } from './run-schema.js';
import { unitKey, type Unit } from './unit.js';

/** What is wrong with a line of a log, as the end of a sentence; undefined where nothing is. */
export type RecordCheck = (record: Unit) => string | undefined;

/** What says which units there are. */
export interface PlannedRun {
  readonly plan: Plan;
  readonly prompts: readonly SuitePrompt[];
}

/**
 * Checks that a record is one, that it is of a unit of the plan, and that it is of as many completions as the plan wants.
 *
 * @param lengthsOf - The lengths of its lists that have one item a completion.
 */
export function recordCheck<R extends Unit>(
  run: PlannedRun,
  isRecord: Check<R>,
  lengthsOf: (record: R) => readonly number[],
): RecordCheck {
  const isPlanned = plannedUnits(run);
  const { samples } = run.plan;
  return (record) => {
    if (!isRecord(record)) return complaintOf(isRecord);
    if (!isPlanned(record)) return `the plan has no ${unitWords(record)}`;
    const other = lengthsOf(record).find((length) => length !== samples);
    return other === undefined ? undefined : `it is of ${other} completions, and the plan wants ${samples}`;
  };
}

/** Whether units are of a plan. */
export function plannedUnits({ plan, prompts }: PlannedRun): (unit: Unit) => boolean {
  const methods = new Set(plan.methods.map(({ name }) => name));
  const keys = new Set(prompts.map(({ suite, id }) => promptKey(suite, id)));
  return ({ method, suite, prompt }) => methods.has(method) && keys.has(promptKey(suite, prompt));
}

/** A unit in words. */
export function unitWords({ method, suite, prompt }: Unit): string {
  return `prompt ${prompt} of ${suite} by the method "${method}"`;
}

function promptKey(suite: string, prompt: string): string {
  return unitKey({ method: '', suite, prompt });
}
