import type {
  JSONObject,
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import type { Completion, TokenFigures, ToolCallFormat } from '@halfspace/core';
import { createWrittenParts } from './written-parts.js';

/** What the AI SDK calls the way in which a completion ended. */
export function finishReasonOf(
  { finishReason: raw }: Completion,
  hasCalled: boolean,
): LanguageModelV3FinishReason {
  if (raw === 'end' && hasCalled) return { unified: 'tool-calls', raw };
  return { unified: raw === 'end' ? 'stop' : raw, raw };
}

/** Text and calls of tools. A call that was cut off is left out: the reason of the end says that something was. */
export function contentOf(
  { text, finishReason }: Completion,
  toolCalls: ToolCallFormat | undefined,
): LanguageModelV3Content[] {
  if (toolCalls === undefined) return [{ type: 'text', text }];
  const written = createWrittenParts(toolCalls);
  const parts = [...written.push(text, undefined), ...written.end(finishReason === 'end')];
  const said = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
  return [...(said === '' ? [] : [{ type: 'text' as const, text: said }]), ...written.calls];
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
