import { type Context, HalfspaceError, type NextTokenRequest, type NextTokens } from '@halfspace/contracts';
import { logSumExp } from '../../numeric/log-sum-exp.js';
import { penaliseRepetition } from './repetition-penalty.js';

/** How the model's distribution becomes the reference distribution. */
export interface ReferenceSettings {
  /** At most this many candidates; 0 means no such limit, at the price of asking for every token. */
  readonly topK: number;
  /** Probability mass that the nucleus must reach, in (0, 1]. */
  readonly topP: number;
  /** {@link penaliseRepetition}; 1 for none. */
  readonly repetitionPenalty: number;
  /** What is added to the logits of some tokens, before the penalty (default: nothing). */
  readonly logitBias?: ReadonlyMap<number, number>;
}

/** The reference distribution of one step: its candidates, most probable first, ties by smaller id. */
export interface Reference {
  readonly tokens: Int32Array;
  /** Log-probability of each candidate in the model's own distribution over the whole vocabulary. */
  readonly logProbs: Float64Array;
  /** Log-probability of each candidate in the reference distribution; their exponentials sum to 1. */
  readonly logReference: Float64Array;
}

/**
 * What to ask a backend so that {@link referenceDistribution} can be exact.
 *
 * With top-k the mass is measured among the k best only, so k tokens are enough; a repetition penalty
 * can move any seen token in or out of them, so it needs as many more, and the seen ones by name. So do biases, of the biased ones.
 * Without top-k the mass is measured over the whole vocabulary, so the whole vocabulary is asked for.
 *
 * @param seen - Distinct tokens of prompt and completion.
 */
export function referenceRequest(
  context: Context,
  settings: ReferenceSettings,
  seen: ReadonlySet<number>,
  vocabularySize: number,
): NextTokenRequest {
  const { topK } = settings;
  if (topK === 0) return { context, topK: vocabularySize };
  const tokens = movedTokens(settings, seen);
  if (tokens.length === 0) return { context, topK: Math.min(topK, vocabularySize) };
  return { context, topK: Math.min(topK + tokens.length, vocabularySize), tokens };
}

/** The tokens that a penalty or a bias may move, each once. */
function movedTokens(
  { repetitionPenalty, logitBias }: ReferenceSettings,
  seen: ReadonlySet<number>,
): number[] {
  const biased = logitBias === undefined ? [] : [...logitBias.keys()];
  return repetitionPenalty === 1 ? biased : [...new Set([...seen, ...biased])];
}

/**
 * The reference distribution of a step, in the order of Hugging Face transformers: biases, repetition penalty,
 * top-k, top-p, renormalise. Temperature is not part of it: it comes last, when a token is drawn. As there, top-p measures mass after the steps before it: over
 * the whole vocabulary without top-k, and over the k best, renormalised, with it. The nucleus is the
 * smallest set of most probable tokens whose mass reaches `topP`. One difference: where several tokens
 * tie for the k-th place, transformers keeps them all and this keeps those of smaller id.
 *
 * @param next - The backend's answer to {@link referenceRequest} with the same settings and seen tokens.
 * @throws HalfspaceError `not-finite` when the model gives no token a finite log-probability.
 */
export function referenceDistribution(
  next: NextTokens,
  settings: ReferenceSettings,
  seen: ReadonlySet<number>,
): Reference {
  const ranked = rankTokens(next, settings, seen);
  assertFinite(ranked.logits[0]);
  return truncate(ranked, settings);
}

/**
 * Refuses a distribution whose best token has no finite logit.
 *
 * @throws HalfspaceError `not-finite`
 */
export function assertFinite(best: number): void {
  if (Number.isFinite(best)) return;
  throw new HalfspaceError(
    'not-finite',
    'The model gave no token a finite probability. Its weights or its arithmetic are broken: try ' +
      'another precision, and verify the model file.',
  );
}

/**
 * Top-k and top-p of some tokens, renormalised.
 *
 * @param ranked - At least one token; the first has a finite logit.
 */
export function truncate({ tokens, logProbs, logits }: RankedTokens, settings: ReferenceSettings): Reference {
  const limit = settings.topK === 0 ? tokens.length : Math.min(settings.topK, tokens.length);
  const scaled = scale(logits, limit);
  const { size, mass } = nucleus(scaled, settings.topP);
  const logMass = Math.log(mass);
  return {
    tokens: tokens.slice(0, size),
    logProbs: logProbs.slice(0, size),
    logReference: scaled.subarray(0, size).map((value) => value - logMass),
  };
}

/** A reference distribution with some of its candidates only, at least one, renormalised. */
export function narrowReference(reference: Reference, kept: readonly boolean[]): Reference {
  if (!kept.includes(false)) return reference;
  const isKept = (_: number, i: number): boolean => kept[i];
  const logReference = reference.logReference.filter(isKept);
  const logMass = logSumExp(logReference);
  return {
    tokens: reference.tokens.filter(isKept),
    logProbs: reference.logProbs.filter(isKept),
    logReference: logReference.map((value) => value - logMass),
  };
}

/**
 * Some of the tokens, in their order, without those that are impossible anyway.
 *
 * @param kept - For each token; those beyond its end are not kept.
 */
export function selectTokens(
  { tokens, logProbs, logits }: RankedTokens,
  kept: readonly boolean[],
): RankedTokens {
  const isKept = (_: number, i: number): boolean => kept[i] && logits[i] > -Infinity;
  return { tokens: tokens.filter(isKept), logProbs: logProbs.filter(isKept), logits: logits.filter(isKept) };
}

/** Tokens in the order of their logits, best first. */
export interface RankedTokens {
  readonly tokens: Int32Array;
  readonly logProbs: Float64Array;
  /** Logits after the penalty, descending, up to a constant. */
  readonly logits: Float64Array;
}

/** The tokens of a backend's answer in order, after biases and the repetition penalty; ties go to the smaller id. */
export function rankTokens(
  next: NextTokens,
  settings: ReferenceSettings,
  seen: ReadonlySet<number>,
): RankedTokens {
  const { repetitionPenalty, logitBias } = settings;
  if (repetitionPenalty === 1 && !logitBias?.size) return { ...next, logits: next.logProbs };
  const logProbOf = new Map<number, number>();
  next.tokens.forEach((token, i) => logProbOf.set(token, next.logProbs[i]));
  // Without top-k nothing was asked by name, because every token is in the list.
  if (next.asked.length > 0) {
    movedTokens(settings, seen).forEach((token, i) => logProbOf.set(token, next.asked[i]));
  }
  const entries = [...logProbOf].map(([token, logProb]) => {
    // Without a penalty they may be off by what is the same for all.
    const raw = repetitionPenalty === 1 ? logProb : logProb + next.logSumExp;
    const logit = raw + (logitBias?.get(token) ?? 0);
    const penalised = seen.has(token) ? penaliseRepetition(logit, repetitionPenalty) : logit;
    return { token, logProb, logit: penalised };
  });
  entries.sort((a, b) => b.logit - a.logit || a.token - b.token);
  return {
    tokens: Int32Array.from(entries, (entry) => entry.token),
    logProbs: Float64Array.from(entries, (entry) => entry.logProb),
    logits: Float64Array.from(entries, (entry) => entry.logit),
  };
}

/** The first `limit` logits less the largest, so that they are safe to exponentiate. */
function scale(logits: Float64Array, limit: number): Float64Array {
  return logits.subarray(0, limit).map((logit) => logit - logits[0]);
}

/** How many of the best tokens it takes to reach `topP` of all their mass, and the mass those have. */
function nucleus(scaled: Float64Array, topP: number): { size: number; mass: number } {
  let total = 0;
  for (const value of scaled) total += Math.exp(value);
  // A sum can reach the total before its last, smallest terms; without a nucleus they count all the same.
  const goal = topP === 1 ? Infinity : topP * total;
  let mass = 0;
  let size = 0;
  while (size < scaled.length && mass < goal) {
    const more = Math.exp(scaled[size]);
    // Candidates are possible tokens: nothing after this one adds mass that a double can hold.
    if (more === 0) break;
    mass += more;
    size++;
  }
  return { size, mass };
}
