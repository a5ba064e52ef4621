import type { Completion, FinishReason, TracedStep } from '@halfspace/core';

/** What a completion was asked for with. */
export interface TracedRequest {
  readonly seed: number;
  /** Weight of each attribute, nats per unit of margin. */
  readonly attributes: Readonly<Record<string, number>>;
}

/** A line of a trace file: a completion and how it came about. */
export interface TracedCompletion extends TracedRequest {
  readonly prompt: string;
  /** Which prompt, from 0. */
  readonly promptIndex: number;
  /** Which completion of the prompt, from 0. */
  readonly sample: number;
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly steps: readonly TracedStep[];
}

/**
 * The line of a completion, with its line break. It has nothing that differs from run to run.
 *
 * @param completion - One that was decoded with the option `trace`.
 */
export function traceLine(completion: Completion, { seed, attributes }: TracedRequest): string {
  const { prompt, promptIndex, sample, text, finishReason, trace: steps = [] } = completion;
  const line: TracedCompletion = {
    prompt,
    promptIndex,
    sample,
    text,
    seed,
    attributes,
    finishReason,
    steps,
  };
  return `${JSON.stringify(line)}\n`;
}
