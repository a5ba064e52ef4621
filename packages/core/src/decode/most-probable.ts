import type { NextTokens } from '@halfspace/contracts';
import { tokenText } from '../text/token-text.js';
import type { TokenLogprob } from './completion.js';
import type { DecodeRun } from './decode-task.js';

/** The tokens that the model itself finds most probable, as many as the options ask for. */
export function mostProbable(
  { tokens, logProbs }: NextTokens,
  { options, tokenizer }: Pick<DecodeRun, 'options' | 'tokenizer'>,
): TokenLogprob[] {
  return Array.from(tokens.subarray(0, options.topLogprobs), (token, i) => ({
    token,
    text: tokenText(tokenizer, token),
    logprob: logProbs[i],
  }));
}
