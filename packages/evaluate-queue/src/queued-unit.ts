import { createHash } from 'node:crypto';
import type { RunDirectory, SuitePrompt, Unit } from '@halfspace/evaluate';
import { unitKey } from '@halfspace/evaluate/run';

/** What a worker is asked to do. */
export interface QueuedUnit {
  /** Name of the method. */
  readonly method: string;
  /** What to complete. */
  readonly prompt: SuitePrompt;
}

/** The unit that a worker is asked for. */
export function unitOf({ method, prompt }: QueuedUnit): Unit {
  return { method, suite: prompt.suite, prompt: prompt.id };
}

/** The id of a unit's job: it is queued once. Names of units may have characters that those of jobs may not. */
export function jobId(unit: Unit): string {
  return createHash('sha256').update(unitKey(unit)).digest('hex');
}

/** All that is to be done of a run, by the ids of the jobs, prompt by prompt. */
export function jobsOf({ prompts, plan }: RunDirectory): ReadonlyMap<string, QueuedUnit> {
  const units = prompts.flatMap((prompt) => plan.methods.map(({ name }) => ({ method: name, prompt })));
  return new Map(units.map((unit) => [jobId(unitOf(unit)), unit]));
}
