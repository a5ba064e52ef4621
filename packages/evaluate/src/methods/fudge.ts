import { encodeContinuation } from '@halfspace/core';
import { readTokenWeights, type TokenWeights } from '../baselines/token-weights.js';
import { defineMethod } from './define-method.js';
import type { MethodModel, OpenMethod } from './method.js';
import { openScored } from './open-scored.js';

/** Parameters of {@link fudge}. */
interface FudgeParameters {
  /** λ: the exponent of p(desired | text); 1 is Bayes' rule. */
  readonly lambda: number;
}

/**
 * FUDGE (Yang and Klein 2021, arXiv 2104.05218): a candidate's probability is multiplied by that of the text with it being on the
 * desired side, as a discriminator of unfinished texts sees it, to the power of λ. Its discriminator here is a logistic
 * regression on the tokens of the completion, whatever their order.
 */
export const fudge = defineMethod<FudgeParameters>({
  kind: 'fudge',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['lambda'],
    properties: { lambda: { type: 'number', minimum: 0 } },
  },
  attributesOf: () => [],
  nameOf: ({ lambda }) => `FUDGE ${lambda}`,
  seriesOf: () => 'FUDGE',
  open: async (parameters, model) =>
    openFudge(
      parameters,
      model,
      await readTokenWeights('toxicity-discriminator', model.halfspace.backend.model),
    ),
});

/**
 * FUDGE by some discriminator.
 *
 * @throws HalfspaceError what `generate` throws for options that it refuses
 */
export async function openFudge(
  { lambda }: FudgeParameters,
  model: MethodModel,
  { intercept = 0, weights }: TokenWeights,
): Promise<OpenMethod> {
  const { tokenizer } = model.halfspace.backend;
  const weightOf = (token: number) => weights.get(token) ?? 0;
  return openScored(model, {
    weight: lambda,
    extraParameters: weights.size + 1,
    score({ prefix, candidates }) {
      const written = encodeContinuation(tokenizer, prefix);
      const before = written.reduce((sum, token) => sum + weightOf(token), intercept);
      return candidates.map(({ token }) => logSigmoid(before + weightOf(token)));
    },
  });
}

function logSigmoid(logOdds: number): number {
  return Math.min(0, logOdds) - Math.log1p(Math.exp(-Math.abs(logOdds)));
}
