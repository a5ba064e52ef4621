import type { Judge } from '@halfspace/core';
import type { RegressionJudgeOptions } from './regression-judge.js';

/** What those who make a judge by its name may want to know and to stop. */
export type KnownJudgeOptions = Pick<RegressionJudgeOptions, 'signal' | 'onProgress'>;

/** A judge that can be called by its name: what a module binds at `JUDGE`. */
export interface KnownJudge {
  /** What users write. */
  readonly name: string;
  /** Makes it, with whatever it loads. Whoever asked for it disposes of it. */
  create(options: KnownJudgeOptions): Judge | Promise<Judge>;
}
