import type { Completion, TokenLogprob, Tokenizer } from '@halfspace/core';

/** A token with those that the model found most probable in its place. */
export interface WrittenToken extends TokenLogprob {
  readonly topLogprobs?: readonly TokenLogprob[];
}

/** The tokens of a completion, without an end token. */
export function writtenTokens({
  tokens,
  tokenTexts,
  tokenLogprobs,
  topLogprobs,
  finishReason,
}: Completion): WrittenToken[] {
  const count = finishReason === 'end' ? tokens.length - 1 : tokens.length;
  return tokens.slice(0, count).map((token, i) => ({
    token,
    text: tokenTexts[i],
    logprob: tokenLogprobs[i],
    topLogprobs: topLogprobs?.[i] ?? [],
  }));
}

/** How the logprobs of some tokens stand in a choice. */
export type LogprobsOf = (tokens: readonly WrittenToken[], offset: number) => object | null;

/** As chat completions have them. */
export function chatLogprobs(tokenizer: Tokenizer): LogprobsOf {
  const entry = ({ token, text, logprob }: TokenLogprob) => ({
    token: text,
    logprob,
    bytes: [...tokenizer.bytes(token)],
  });
  return (tokens) => ({
    content: tokens.map((each) => ({ ...entry(each), top_logprobs: (each.topLogprobs ?? []).map(entry) })),
    refusal: null,
  });
}

/** As completions of texts have them. Of two tokens of the same text the more probable one stays. */
export const textLogprobs: LogprobsOf = (tokens, offset) => {
  const offsets: number[] = [];
  let at = offset;
  for (const { text } of tokens) {
    offsets.push(at);
    at += text.length;
  }
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ topLogprobs = [] }) =>
      Object.fromEntries(topLogprobs.toReversed().map(({ text, logprob }) => [text, logprob])),
    ),
    text_offset: offsets,
  };
};
