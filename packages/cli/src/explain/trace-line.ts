import type { Completion, FinishReason, TracedStep, Weights } from '@halfspace/core';

/** What a completion was asked for with. */
export interface TracedRequest {
  readonly seed: number;
  /** Weight of each attribute that was measured, nats per unit of margin, or a schedule of them. */
  readonly attributes: Weights;
  /** What took the place of weights. */
  readonly formula?: string;
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
 * @param request - Weights of 0 need not be in it.
 */
export function traceLine(completion: Completion, { attributes, ...request }: TracedRequest): string {
  const { prompt, promptIndex, sample, text, margins, finishReason, trace: steps = [] } = completion;
  const measured = Object.keys(margins).map((name) => [name, attributes[name] ?? 0] as const);
  const line: TracedCompletion = {
    prompt,
    promptIndex,
    sample,
    text,
    ...request,
    attributes: Object.fromEntries(measured),
    finishReason,
    steps,
  };
  return `${JSON.stringify(line)}\n`;
}
