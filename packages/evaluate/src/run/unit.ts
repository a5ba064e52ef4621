import type { WrittenCompletion } from '../methods/method.js';

/** The least piece of work: all samples of one prompt by one method. */
export interface Unit {
  /** Name of the method. */
  readonly method: string;
  /** Name of the suite. */
  readonly suite: string;
  /** The prompt's id in its suite. */
  readonly prompt: string;
}

/** What a unit came to: a line of a run's completions. */
export interface UnitResult extends Unit {
  /** Wall-clock milliseconds for all samples, decoded together. */
  readonly ms: number;
  /** Most memory that the process has had until then, bytes. */
  readonly peakMemory: number;
  /** Parameters of the method besides those of the model. */
  readonly extraParameters: number;
  /** One a sample, in order. */
  readonly completions: readonly WrittenCompletion[];
}

/** A text that no other unit has. */
export function unitKey({ method, suite, prompt }: Unit): string {
  return JSON.stringify([method, suite, prompt]);
}
