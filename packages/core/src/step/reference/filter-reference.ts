import { type Backend, HalfspaceError, type NextTokens, type TextFilter } from '@halfspace/contracts';
import { asked, textStep } from '../../text/text-step.js';
import { applyFilters } from '../../plugins/apply-filters.js';
import type { OpenText } from '../stages.js';
import { rankAllowed } from './masked-reference.js';
import {
  narrowReference,
  rankTokens,
  referenceDistribution,
  referenceRequest,
  selectTokens,
  truncate,
  type Reference,
  type ReferenceSettings,
} from './reference-distribution.js';
import type { TokenSet } from './token-set.js';
import { keepWhole } from '../../text/whole-characters.js';

/** How many times as many tokens are looked at when all were refused. */
const WIDER = 4;

/** What is refused. */
export interface HardRules {
  readonly filters: readonly TextFilter[];
  /** The tokens that masks let through, if there are masks. */
  readonly mask: TokenSet | undefined;
  /** Names of all filters, for messages. */
  readonly names: readonly string[];
}

/**
 * A reference distribution without the candidates that filters refuse, renormalised. Where that leaves
 * none, four times as many of the most probable tokens are looked at, then sixteen times, up to the whole
 * vocabulary, until some are allowed: the reference distribution is then made of those, with the same
 * top-k and top-p. What is refused takes the place of nothing: a step has fewer candidates.
 *
 * With a mask, the reference distribution is made of the tokens that the mask lets through from the beginning
 * ({@link rankAllowed}), and filters that judge texts narrow that.
 *
 * What would leave a broken character in the text is refused like that, too ({@link keepWhole}).
 *
 * @param next - What the backend answered to `maskedRequest` where there is a mask, else to `referenceRequest`.
 * @throws HalfspaceError `filter-failed`; `no-candidate-left` when the whole vocabulary is refused; `not-finite`
 */
export async function filterReference(
  text: OpenText,
  next: NextTokens,
  { filters, mask, names }: HardRules,
  settings: ReferenceSettings,
  backend: Backend,
): Promise<Reference> {
  const { tokenizer } = backend;
  const step = text.tokens.length;
  const { prompt } = text;
  const keeps = keepWhole(tokenizer, (text) => applyFilters(filters, asked(prompt, text), step));
  const allowed = (tokens: Int32Array) => {
    const verdict = applyFilters(filters, textStep(text, [...tokens], tokenizer), step);
    return verdict.map(
      (yes, i) => yes && (mask === undefined || mask.has(tokens[i])) && keeps(tokens[i], text.assembler),
    );
  };

  const masked = mask && (await rankAllowed(text, next, mask, settings, backend));
  if (masked?.tokens.length === 0) throw nothingLeft(text, names);
  const reference = masked ? truncate(masked, settings) : referenceDistribution(next, settings, text.seen);
  const verdict = allowed(reference.tokens);
  if (verdict.includes(true)) return narrowReference(reference, verdict);
  for (let size = reference.tokens.length; size < tokenizer.vocabularySize;) {
    size = Math.min(WIDER * size, tokenizer.vocabularySize);
    const wider = { ...settings, topK: size };
    const [more] = await backend.next([
      referenceRequest(text.context, wider, text.seen, tokenizer.vocabularySize),
    ]);
    const ranked = rankTokens(more, wider, text.seen);
    // A repetition penalty brings further tokens, but not every one of their rank.
    const left = selectTokens(ranked, allowed(ranked.tokens.subarray(0, size)));
    if (left.tokens.length > 0) return truncate(left, settings);
  }
  throw nothingLeft(text, names);
}

function nothingLeft(
  { tokens: { length: step }, prompt }: OpenText,
  names: readonly string[],
): HalfspaceError {
  const begun = step === 0 && prompt.begun ? ' The turn that was begun counts as text, too.' : '';
  return new HalfspaceError(
    'no-candidate-left',
    `At step ${step} (from 0) every token of the vocabulary is refused by ` +
      `${names.map((name) => `"${name}"`).join(', ')}, or breaks a character. This completion ends here. Loosen the filters.${begun}`,
  );
}
