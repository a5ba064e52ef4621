import type { Completion } from '@halfspace/core';
import { apiErrorOf } from '../http/api-error.js';
import { completionFigures, finishReason, usageOf } from './figures.js';
import { writtenTokens } from './logprobs.js';
import type { AnswerShape } from './shape.js';

/** What is said of a request as a whole. */
export interface RequestFigures {
  readonly seed: number;
  /** Fields that were ignored, and the like. */
  readonly warnings: readonly string[];
}

/**
 * All completions of a request as one answer.
 *
 * @param samples - Completions of each prompt.
 * @throws ApiError where a completion was ended by an error of the server
 */
export function wholeAnswer(
  completions: readonly Completion[],
  samples: number,
  shape: AnswerShape,
  figures: RequestFigures,
): object {
  for (const { error } of completions) assertNoFailure(error);
  return {
    ...shape.head,
    choices: completions.map((completion) => {
      const whole = shape.whole(completion.text);
      const hasCalled = 'message' in whole && 'tool_calls' in (whole.message as object);
      return {
        index: completion.promptIndex * samples + completion.sample,
        ...whole,
        logprobs: shape.logprobs(writtenTokens(completion), 0),
        finish_reason: finishReason(completion, hasCalled),
        halfspace: completionFigures(completion),
      };
    }),
    usage: usageOf(completions),
    halfspace: figures,
  };
}

/**
 * Filters that leave no token are an end like others; all other errors are told as such.
 *
 * @throws ApiError
 */
export function assertNoFailure(error: Completion['error']): void {
  if (error !== undefined && error.code !== 'no-candidate-left') throw apiErrorOf(error);
}
