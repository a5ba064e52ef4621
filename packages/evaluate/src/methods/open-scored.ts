import {
  createHalfspace,
  defineAttribute,
  type AnyDecodeOptions,
  type ScoringAttributeDefinition,
} from '@halfspace/core';
import type { MethodModel, OpenMethod, WrittenCompletion } from './method.js';
import { openDecoding } from './open-decoding.js';

/** What re-weights the candidates of a step. */
export interface TextTilt extends Pick<OpenMethod, 'extraParameters'> {
  /** Of each candidate, what `weight` times is added to its logit. */
  readonly score: ScoringAttributeDefinition['score'];
  /** Nats per unit of score. */
  readonly weight: number;
}

const OWN = 'score-of-the-method';
/** A step of many completions on a busy machine. */
const TIMEOUT_MS = 600_000;

/**
 * A method that adds to the logit of each candidate what a function makes of the text with it: softmax(logits + weight · score) over
 * the candidates of the reference distribution. Of the model one candidate a token is run, the one drawn.
 *
 * @param options - Besides the model's own `decoding`.
 * @throws HalfspaceError what `generate` throws for options that it refuses
 */
export async function openScored(
  model: MethodModel,
  { score, weight, extraParameters }: TextTilt,
  options: Pick<AnyDecodeOptions, 'topK'> = {},
): Promise<OpenMethod> {
  const { backend, attributes } = model.halfspace;
  const own = defineAttribute({
    name: OWN,
    description: 'what a method re-weights by',
    timeoutMs: TIMEOUT_MS,
    // A score is no margin: all of it counts.
    cap: Infinity,
    score,
  });
  const halfspace = await createHalfspace({ backend, attributes: [...attributes, own] });
  const steered = { ...options, weights: { [OWN]: weight } };
  const decoding = await openDecoding({ ...model, halfspace }, steered);
  return {
    ...decoding,
    extraParameters,
    complete: async (request) => (await decoding.complete(request)).map(withoutOwn),
  };
}

function withoutOwn({ margins, ...completion }: WrittenCompletion): WrittenCompletion {
  const { [OWN]: _, ...others } = margins;
  return { ...completion, margins: others };
}
