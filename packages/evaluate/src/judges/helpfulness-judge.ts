import type { Judge } from '@halfspace/core';
import { concatenate, distances, questionAndAnswer } from './question-and-answer.js';
import { createRegressionJudge, type RegressionJudgeOptions, type TextFeatures } from './regression-judge.js';

/** The vector of an answer, and how far it is from that of the question. */
export const helpfulnessFeatures: TextFeatures = {
  sentencesOf: questionAndAnswer,
  combine: ([question, answer]) => concatenate(answer, distances(question, answer)),
  // Length, lists, refusals and the like add nothing on pairs left out.
  lexicalOf: () => new Map(),
};

/**
 * The judge of helpfulness that comes with the kit: a Bradley–Terry model of which of two answers people choose, on the vectors
 * of question and answer. A score is the probability that an answer is chosen over the median
 * one of those it was fitted on. It reads no hidden state of the model that writes. The README of this package is its card;
 * read it before quoting scores.
 *
 * @throws HalfspaceError what `createSentenceEncoder` throws; `bad-judge` where the encoder is not the one it was fitted on
 */
export async function createHelpfulnessJudge(options: RegressionJudgeOptions = {}): Promise<Judge> {
  return createRegressionJudge(
    {
      name: 'helpfulness',
      description: 'would be chosen by people over an answer of median helpfulness',
      desired: 'high',
      features: helpfulnessFeatures,
      weights: new URL('../../judges/helpfulness.json', import.meta.url),
    },
    options,
  );
}
