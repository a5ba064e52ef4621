import { readFile } from 'node:fs/promises';
import { createSentenceEncoder } from '@halfspace/encoders';
import { HalfspaceError } from '@halfspace/core';
import { gatherTexts, type ReadTexts } from './gather-texts.js';

/** Made by baseline-fits/fit_reward.py. */
const WEIGHTS = new URL('../../baselines/toxicity-reward.json', import.meta.url);

/** A logistic regression: log-odds of toxicity = intercept + vector · sentence vector. */
interface RewardWeights {
  /** Fingerprint of the sentence encoder whose vectors it reads. */
  readonly encoder: string;
  readonly intercept: number;
  readonly vector: readonly number[];
}

/** A model of how toxic a text is, finished or not. */
export interface RewardModel {
  /** Numbers that it has, those of its encoder included. */
  readonly parameters: number;
  /** Toxicity of each text, 0 to 1. */
  readonly read: ReadTexts;
  /** Gives the memory back. */
  dispose(): Promise<void>;
}

/**
 * The reward model of toxicity: a logistic regression on the sentence vector of a text, finished or not. The README of this package is its card.
 *
 * @throws HalfspaceError what `createSentenceEncoder` throws; `bad-method` where the encoder is not the one it was fitted on
 */
export async function createToxicityReward(): Promise<RewardModel> {
  const weights = JSON.parse(await readFile(WEIGHTS, 'utf8')) as RewardWeights;
  const encoder = await createSentenceEncoder();
  if (encoder.fingerprint !== weights.encoder) {
    await encoder.dispose();
    throw new HalfspaceError(
      'bad-method',
      `The reward model reads the encoder ${weights.encoder}, and not ${encoder.fingerprint}. Fit it again.`,
    );
  }
  const read: ReadTexts = async (texts) =>
    (await encoder.encode(texts)).map((vector) => {
      const odds = weights.vector.reduce((sum, weight, i) => sum + weight * vector[i], weights.intercept);
      return 1 / (1 + Math.exp(-odds));
    });
  return {
    parameters: encoder.parameters + weights.vector.length + 1,
    read: gatherTexts(read),
    dispose: async () => encoder.dispose(),
  };
}
