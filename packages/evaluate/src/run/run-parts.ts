import type { Plan } from './plan.js';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import type { LogHeader } from './unit-log.js';

/** A run on disk: its plan, its prompts, and a log of completions for each process that writes some. */
export interface RunDirectory {
  /** Where it is. */
  readonly path: string;
  /** What is to be done. */
  readonly plan: Plan;
  /** All prompts, in order. */
  readonly prompts: readonly SuitePrompt[];
  /** First line of each of its logs. */
  readonly header: LogHeader;
}
