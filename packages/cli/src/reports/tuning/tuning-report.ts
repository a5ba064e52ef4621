import type { TuneGoal, Tuning } from '@halfspace/core';
import type { FrontierPoint } from '@halfspace/evaluate';

/** What tuning came to: weights, and what was measured on prompts that they were not tuned on. */
export interface TuningReport extends Tuning {
  readonly goal: TuneGoal;
  readonly prompts: {
    readonly tunedOn: number;
    readonly measuredOn: number;
  };
  /** Of the weights, and of smaller and larger ones. */
  readonly frontier: readonly FrontierPoint[];
}

/** The point of the weights themselves. */
export function tunedPoint({ frontier }: TuningReport): FrontierPoint {
  const point = frontier.find(({ scale }) => scale === 1);
  if (point === undefined) throw new Error('The frontier has no point of scale 1.');
  return point;
}
