import type {
  JSONObject,
  LanguageModelV3FinishReason,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import type { Completion, TokenFigures } from '@halfspace/core';

/** What the AI SDK calls the way in which a completion ended. */
export function finishReasonOf({ finishReason: raw }: Completion): LanguageModelV3FinishReason {
  return { unified: raw === 'end' ? 'stop' : raw, raw };
}

/** Tokens of prompt and completion. */
export function usageOf({ promptTokens, cachedTokens, tokens }: Completion): LanguageModelV3Usage {
  return {
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: tokens.length, text: tokens.length, reasoning: undefined },
  };
}

/** Figures of a completion: `providerMetadata.halfspace`. Numbers that JSON does not have are null. */
export function metadataOf(completion: Completion, seed: number | undefined): SharedV3ProviderMetadata {
  const { margins, kl, klIsExact, evaluations, logprob, isComplete, attempts, statuses, warnings } =
    completion;
  const figures = {
    margins,
    kl,
    klIsExact,
    evaluations,
    logprob,
    isComplete,
    attempts,
    statuses,
    warnings,
    seed,
  };
  return { halfspace: JSON.parse(JSON.stringify(figures)) as JSONObject };
}

/** Figures of a text with its last token: `providerMetadata.halfspace` of a part of a stream. */
export function tokenMetadata({ margins, logprob, kl, evaluations }: TokenFigures): SharedV3ProviderMetadata {
  return { halfspace: JSON.parse(JSON.stringify({ margins, logprob, kl, evaluations })) as JSONObject };
}
