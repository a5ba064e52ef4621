import type { LogHeader } from './unit-log.js';
import type { RecordCheck } from './record-check.js';

/** Where something that is found out of completions is recorded. */
export interface ScoreLog {
  readonly path: string;
  readonly header: LogHeader;
  /** Of its records. */
  readonly check: RecordCheck;
}
