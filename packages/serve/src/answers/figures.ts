import type { Completion, TokenFigures } from '@halfspace/core';

/** What `halfspace` of a finished choice has. */
export function completionFigures(completion: Completion): object {
  const {
    margins,
    kl,
    klIsExact,
    evaluations,
    isComplete,
    attempts,
    statuses,
    warnings,
    trace,
    settings,
    error,
  } = completion;
  return {
    margins,
    kl,
    klIsExact,
    evaluations,
    ...(isComplete !== undefined && { isComplete }),
    ...(attempts !== undefined && { attempts }),
    ...(statuses !== undefined && { statuses }),
    ...(warnings !== undefined && { warnings }),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    ...(trace !== undefined && { trace, settings }),
  };
}

/** What `halfspace` of a chunk has: the figures after its last token. */
export function tokenFigures({ margins, kl, evaluations }: TokenFigures): object {
  return { margins, kl, evaluations };
}

/** Why a choice ended, in OpenAI's words. Filters that leave no token are what it calls a filter of content. */
export function finishReason(
  { finishReason: reason }: Completion,
  hasCalled: boolean,
): 'stop' | 'length' | 'content_filter' | 'tool_calls' {
  if (reason === 'end' && hasCalled) return 'tool_calls';
  if (reason === 'error') return 'content_filter';
  return reason === 'length' ? 'length' : 'stop';
}

/** Tokens of some completions, as OpenAI counts them: those of a prompt once, however many completions it has. */
export function usageOf(completions: readonly Completion[]): object {
  const firsts = completions.filter(({ sample }) => sample === 0);
  const prompt = sum(firsts.map(({ promptTokens }) => promptTokens));
  const written = sum(completions.map(({ tokens }) => tokens.length));
  return {
    prompt_tokens: prompt,
    completion_tokens: written,
    total_tokens: prompt + written,
    prompt_tokens_details: { cached_tokens: sum(firsts.map(({ cachedTokens }) => cachedTokens)) },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
