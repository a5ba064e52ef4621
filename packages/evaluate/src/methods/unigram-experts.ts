import { readTokenWeights, type TokenWeights } from '../baselines/token-weights.js';
import { defineMethod } from './define-method.js';
import type { MethodModel, OpenMethod } from './method.js';
import { openScored } from './open-scored.js';

/** Parameters of {@link unigramExperts}. */
interface UnigramExpertsParameters {
  /** α: how often log p⁺ − log p⁻ is added to a logit. */
  readonly alpha: number;
}

/**
 * A bias for every token of the vocabulary, the same at every step: what DExperts (Liu et al. 2021, arXiv 2105.03023) is with unigram
 * distributions of desired and of undesired texts in the place of two fine-tuned models.
 */
export const unigramExperts = defineMethod<UnigramExpertsParameters>({
  kind: 'unigram-experts',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['alpha'],
    properties: { alpha: { type: 'number', minimum: 0 } },
  },
  attributesOf: () => [],
  nameOf: ({ alpha }) => `unigram experts ${alpha}`,
  seriesOf: () => 'unigram experts',
  open: async (parameters, model) =>
    openUnigramExperts(
      parameters,
      model,
      await readTokenWeights('toxicity-experts', model.halfspace.backend.model),
    ),
});

/**
 * Biases of some tokens.
 *
 * @throws HalfspaceError what `generate` throws for options that it refuses
 */
export async function openUnigramExperts(
  { alpha }: UnigramExpertsParameters,
  model: MethodModel,
  { weights }: TokenWeights,
): Promise<OpenMethod> {
  return openScored(model, {
    weight: alpha,
    extraParameters: weights.size,
    score: ({ candidates }) => candidates.map(({ token }) => weights.get(token) ?? 0),
  });
}
