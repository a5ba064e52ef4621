import type { Backend, Context, NextTokenRequest, NextTokens } from '@halfspace/contracts';
import type { OpenText } from '../stages.js';
import {
  assertFinite,
  rankTokens,
  referenceRequest,
  selectTokens,
  type RankedTokens,
  type ReferenceSettings,
} from './reference-distribution.js';
import { penaliseRepetition } from './repetition-penalty.js';
import type { TokenSet } from './token-set.js';

/** So many allowed tokens are asked for by name: one question, however improbable they are. */
const MOST_NAMED = 1024;

/** How many times as many tokens as are needed are asked for, and again where too few of them are allowed. */
const WIDER = 4;

/** What to ask a backend where only some tokens are allowed: those by name where they are few, else more than are needed. */
export function maskedRequest(
  context: Context,
  mask: TokenSet,
  settings: ReferenceSettings,
  seen: ReadonlySet<number>,
  vocabularySize: number,
): NextTokenRequest {
  if (isNamed(mask, settings)) return { context, topK: 1, tokens: mask.list() };
  return referenceRequest(context, { ...settings, topK: WIDER * settings.topK }, seen, vocabularySize);
}

/**
 * The allowed tokens, best first: as many as top-k takes, or all that are possible. So the reference distribution is that of the model
 * given that the token is allowed, with the same top-k and top-p, as if the logits of all others were minus infinity.
 *
 * @param next - The answer to {@link maskedRequest}; the backend is asked again where it holds too few that are allowed.
 * @throws HalfspaceError `not-finite`
 */
export async function rankAllowed(
  text: Pick<OpenText, 'context' | 'seen'>,
  next: NextTokens,
  mask: TokenSet,
  settings: ReferenceSettings,
  backend: Backend,
): Promise<RankedTokens> {
  const { context, seen } = text;
  if (isNamed(mask, settings)) {
    assertFinite(next.logProbs[0]);
    return rankNamed(mask.list(), next, settings, seen);
  }
  const { vocabularySize } = backend.tokenizer;
  for (let answer = next, size = WIDER * settings.topK; ;) {
    const ranked = rankTokens(answer, settings, seen);
    assertFinite(ranked.logits[0]);
    const isWhole = settings.topK === 0 || size >= vocabularySize;
    // A repetition penalty brings further tokens, but not every one of their rank.
    const known = isWhole ? ranked.tokens : ranked.tokens.subarray(0, size);
    const left = selectTokens(
      ranked,
      Array.from(known, (token) => mask.has(token)),
    );
    if (isWhole || left.tokens.length >= settings.topK) return left;
    size *= WIDER;
    [answer] = await backend.next([
      referenceRequest(context, { ...settings, topK: size }, seen, vocabularySize),
    ]);
  }
}

function isNamed(mask: TokenSet, { topK }: ReferenceSettings): boolean {
  return topK > 0 && mask.size <= MOST_NAMED;
}

function rankNamed(
  tokens: readonly number[],
  { asked, logSumExp }: NextTokens,
  { repetitionPenalty, logitBias }: ReferenceSettings,
  seen: ReadonlySet<number>,
): RankedTokens {
  const entries = tokens.map((token, i) => {
    const logProb = asked[i];
    const isLess = repetitionPenalty !== 1 && seen.has(token);
    // As in `rankTokens`: without a penalty logits are log-probabilities, which differ by a constant.
    const raw = repetitionPenalty === 1 ? logProb : logProb + logSumExp;
    const biased = raw + (logitBias?.get(token) ?? 0);
    return { token, logProb, logit: isLess ? penaliseRepetition(biased, repetitionPenalty) : biased };
  });
  const possible = entries.filter(({ logit }) => logit > -Infinity);
  possible.sort((a, b) => b.logit - a.logit || a.token - b.token);
  return {
    tokens: Int32Array.from(possible, (entry) => entry.token),
    logProbs: Float64Array.from(possible, (entry) => entry.logProb),
    logits: Float64Array.from(possible, (entry) => entry.logit),
  };
}
