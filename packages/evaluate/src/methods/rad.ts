import { createToxicityReward, type RewardModel } from '../baselines/toxicity-reward.js';
import { defineMethod } from './define-method.js';
import type { MethodModel, OpenMethod } from './method.js';
import { openScored } from './open-scored.js';

/** Parameters of {@link rad}. */
interface RadParameters {
  /** β of the paper: nats per unit of reward, which is 0 to 1. */
  readonly beta: number;
  /** Most candidates of a step (default 20, as in the paper). */
  readonly topK?: number;
}

const TOP_K = 20;

/**
 * Reward-augmented decoding (Deng and Raffel 2023, arXiv 2310.09520): a reward model reads the text with each candidate, and
 * softmax(logits + β · reward) over the candidates is drawn from. The reward is 1 less the toxicity of the completion with the candidate.
 */
export const rad = defineMethod<RadParameters>({
  kind: 'rad',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['beta'],
    properties: { beta: { type: 'number', minimum: 0 }, topK: { type: 'integer', minimum: 1 } },
  },
  attributesOf: () => [],
  nameOf: (parameters) => `${seriesOf(parameters)} ${parameters.beta}`,
  seriesOf,
  open: async (parameters, model) => openRad(parameters, model, await createToxicityReward()),
});

function seriesOf({ topK = TOP_K }: RadParameters): string {
  return topK === TOP_K ? 'RAD' : `RAD top-k ${topK}`;
}

/**
 * RAD by some model of toxicity, which is disposed of with it.
 *
 * @throws HalfspaceError what `generate` throws for options that it refuses
 */
export async function openRad(
  { beta, topK = TOP_K }: RadParameters,
  model: MethodModel,
  reward: RewardModel,
): Promise<OpenMethod> {
  try {
    const scored = await openScored(
      model,
      {
        weight: beta,
        extraParameters: reward.parameters,
        async score({ prefix, candidates }) {
          const toxicity = await reward.read(candidates.map(({ text }) => prefix + text));
          return toxicity.map((each) => 1 - each);
        },
      },
      { topK },
    );
    return { ...scored, dispose: async () => reward.dispose() };
  } catch (error) {
    await reward.dispose();
    throw error;
  }
}
