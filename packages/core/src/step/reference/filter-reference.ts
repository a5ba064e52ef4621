import { type Backend, type Filter, HalfspaceError } from '@halfspace/contracts';
import { asked, textStep } from '../../text/text-step.js';
import { applyFilters } from '../../plugins/apply-filters.js';
import type { OpenText } from '../stages.js';
import {
  narrowReference,
  rankTokens,
  referenceRequest,
  selectTokens,
  truncate,
  type Reference,
  type ReferenceSettings,
} from './reference-distribution.js';
import { keepWhole } from '../../text/whole-characters.js';

/** How many times as many tokens are looked at when all were refused. */
const WIDER = 4;

/**
 * A reference distribution without the candidates that filters refuse, renormalised. Where that leaves
 * none, four times as many of the most probable tokens are looked at, then sixteen times, up to the whole
 * vocabulary, until some are allowed: the reference distribution is then made of those, with the same
 * top-k and top-p. What is refused takes the place of nothing: a step has fewer candidates.
 *
 * What would leave a broken character in the text is refused like that, too ({@link keepWhole}).
 *
 * @throws HalfspaceError `filter-failed`; `no-candidate-left` when the whole vocabulary is refused
 */
export async function filterReference(
  text: OpenText,
  reference: Reference,
  filters: readonly Filter[],
  settings: ReferenceSettings,
  backend: Backend,
): Promise<Reference> {
  const { tokenizer } = backend;
  const step = text.tokens.length;
  const { prompt } = text;
  const keeps = keepWhole(tokenizer, (text) => applyFilters(filters, asked(prompt, text), step));
  const allowed = (tokens: Int32Array) => {
    const verdict = applyFilters(filters, textStep(text, [...tokens], tokenizer), step);
    return verdict.map((yes, i) => yes && keeps(tokens[i], text.assembler));
  };

  const verdict = allowed(reference.tokens);
  if (verdict.includes(true)) return narrowReference(reference, verdict);
  for (let size = reference.tokens.length; size < tokenizer.vocabularySize;) {
    size = Math.min(WIDER * size, tokenizer.vocabularySize);
    const wider = { ...settings, topK: size };
    const [next] = await backend.next([
      referenceRequest(text.context, wider, text.seen, tokenizer.vocabularySize),
    ]);
    const ranked = rankTokens(next, wider, text.seen);
    // A repetition penalty brings further tokens, but not every one of their rank.
    const left = selectTokens(ranked, allowed(ranked.tokens.subarray(0, size)));
    if (left.tokens.length > 0) return truncate(left, settings);
  }
  const begun = step === 0 && prompt.begun ? ' The turn that was begun counts as text, too.' : '';
  throw new HalfspaceError(
    'no-candidate-left',
    `At step ${step} (from 0) every token of the vocabulary is refused by ` +
      `${filters.map(({ name }) => `"${name}"`).join(', ')}, or breaks a character. This completion ends here. Loosen the filters.${begun}`,
  );
}
