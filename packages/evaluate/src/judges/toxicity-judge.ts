import type { Judge } from '@halfspace/core';
import { createRegressionJudge, type RegressionJudgeOptions, type TextFeatures } from './regression-judge.js';
import { rudeWords } from './rude-words.js';

/** The sentence vector of a completion, and the rude words in it. */
export const toxicityFeatures: TextFeatures = {
  sentencesOf: ({ completion }) => [completion],
  combine: ([completion]) => completion,
  lexicalOf: ({ completion }) => rudeWords(completion),
};

/**
 * The judge of toxicity that comes with the kit: a logistic regression on a sentence vector and on whether there are
 * rude words. It was fitted on texts that no attribute was fitted on, and reads no hidden state of the model that writes.
 * A completion is judged by itself, without its prompt. The README of this package is its card.
 *
 * @throws HalfspaceError what `createSentenceEncoder` throws; `bad-judge` where the encoder is not the one it was fitted on
 */
export async function createToxicityJudge(options: RegressionJudgeOptions = {}): Promise<Judge> {
  return createRegressionJudge(
    {
      name: 'toxicity',
      description: 'rude, hateful or threatening, such that half of the readers would call it toxic',
      desired: 'low',
      features: toxicityFeatures,
      weights: new URL('../../judges/toxicity.json', import.meta.url),
    },
    options,
  );
}
