import type { Completion, FinishReason, TracedSettings, TracedStep } from '@halfspace/core';

/** A line of a trace file: a completion, what it was decoded with, and how it came about. Infinite numbers are `null`. */
export interface TracedCompletion extends Omit<TracedSettings, 'caps' | 'temperature'> {
  readonly prompt: string;
  /** Which prompt, from 0. */
  readonly promptIndex: number;
  /** Which completion of the prompt, from 0. */
  readonly sample: number;
  readonly text: string;
  /** At which q was drawn from; absent from earlier traces. */
  readonly temperature?: number;
  /** Up to which margin candidates were the better for it, by attribute; null where there was no limit. */
  readonly caps?: Readonly<Record<string, number | null>>;
  /** Of all attributes, in earlier traces. */
  readonly cap?: number | null;
  readonly finishReason: FinishReason;
  readonly steps: readonly TracedStep[];
}

/**
 * The line of a completion, with its line break. It has nothing that differs from run to run.
 *
 * @param completion - One that was decoded with the option `trace`.
 */
export function traceLine(completion: Completion): string {
  const { prompt, promptIndex, sample, text, settings, finishReason, trace: steps } = completion;
  return `${JSON.stringify({ prompt, promptIndex, sample, text, ...settings, finishReason, steps })}\n`;
}
