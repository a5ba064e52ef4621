import type { ChatMessage } from '@halfspace/core';

/** One prompt of a suite. */
export interface SuitePrompt {
  /** Name of the suite. */
  readonly suite: string;
  /** Which one; no other of the suite has it. */
  readonly id: string;
  /** What judges see before the completion, and what the model goes on with where there are no `messages`. */
  readonly text: string;
  /** A conversation to be answered, instead of a text to go on with. */
  readonly messages?: readonly ChatMessage[];
  /** What figures are told apart by: a gender, a kind of attack. */
  readonly group?: string;
  /** Answers that are known to be right, for judges of truthfulness. */
  readonly correct?: readonly string[];
  /** Answers that are known to be wrong. */
  readonly incorrect?: readonly string[];
}
