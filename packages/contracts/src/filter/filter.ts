import type { Tokenizer } from '../backend/tokenizer.js';
import type { TextStep } from '../step.js';
import type { SPECIFICATION_VERSIONS } from '../specification-version.js';

/** What every filter has. */
interface FilterBase {
  /** Version of its contract that it was made for; `defineFilter` fills it in. */
  readonly specificationVersion: (typeof SPECIFICATION_VERSIONS)['filter'];
  /** Kebab-case name, for messages. */
  readonly name: string;
}

/** A rule about text that a completion never breaks: a {@link TextFilter}, or a {@link MaskFilter}. */
export type Filter = TextFilter | MaskFilter;

/** A rule that is asked about candidates, as text. */
export interface TextFilter extends FilterBase {
  /**
   * Whether each candidate may be taken, in the order of `step.candidates`. Because `prefix + text` is the
   * text that a completion would have if it ended there, a filter that judges that text is kept by every
   * completion, however it ends. Asked once a step, and again where more candidates are needed, or where
   * one leaves a character open: then about what could complete it, because a character is not begun that could not be finished.
   * The same text must have the same answer each time.
   */
  allows(step: TextStep): readonly boolean[];
  /** Never there. */
  readonly openMasks?: never;
}

/**
 * A rule that says which tokens of the vocabulary may come next, before the model is asked: a structure that the text has
 * from its first token to its last. Candidates are the most probable of those tokens, however improbable they are.
 */
export interface MaskFilter extends FilterBase {
  /**
   * Gets ready for the completions of one call of `generate` and the like, before work starts. What it throws ends the call.
   *
   * @param tokenizer - The model's.
   * @param signal - Aborted when the call is.
   */
  openMasks(tokenizer: Tokenizer, signal?: AbortSignal): TokenMasks | Promise<TokenMasks>;
  /** Never there. */
  readonly allows?: never;
}

/** A completion so far, as masks depend on it. */
export interface MaskedText {
  /** What a begun turn of the assistant says already; empty where there is none. The structure begins with it. */
  readonly begun: string;
  /** Tokens of the completion. */
  readonly tokens: readonly number[];
}

/** The masks of a {@link MaskFilter} for some completions. */
export interface TokenMasks {
  /**
   * The tokens that may come next: token `t` may if bit `t % 32` (the lowest is 0) of word `⌊t / 32⌋` is set. End tokens may if and
   * only if the text is a whole document. It is a function of the text alone, however many completions are written beside it or
   * were given up. The list is read before the next question, and may be used again.
   */
  after(text: MaskedText): Uint32Array;
  /** Whether a text is a whole document, and no mere beginning of one. */
  isComplete(text: string): boolean;
  /** The completions are finished. Called once. */
  release(): void;
}

/**
 * A filter of version 1, which is a {@link TextFilter}. Core still asks it.
 */
export type FilterV1 = Omit<TextFilter, 'specificationVersion' | 'openMasks'> & {
  /** Version of the contract that it was made for. */
  readonly specificationVersion: 1;
};
