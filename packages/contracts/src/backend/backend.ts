import type { Subspace } from '../attribute/attribute.js';
import type { SPECIFICATION_VERSIONS } from '../specification-version.js';
import type { Tokenizer } from './tokenizer.js';

/** What a backend says of the model that it runs. */
export interface ModelInfo {
  /** Name for people, e.g. `SmolLM2-135M-Instruct`. */
  readonly name: string;
  /** sha-256 (hex) of the weights as published; a subspace is bound to it. */
  readonly fingerprint: string;
  /** Number of transformer blocks. Hidden states are numbered 0 (embedding) to `layers`. */
  readonly layers: number;
  /** Width of a hidden state. */
  readonly width: number;
  /**
   * The deepest layer that a candidate can stop at: a look-ahead that wants none above it runs that part of the blocks
   * only (default: no such layer).
   */
  readonly cut?: number;
  /**
   * Candidates that a call of the model should have at most, as measured on this machine: from there on a row takes as long in a call of its
   * own (default: nothing is known).
   */
  readonly rowsPerCall?: number;
  /**
   * What one more candidate costs in a look-ahead of a few, as a share of one of a single candidate, as measured on this machine
   * (default: nothing is known). The less it is, the more candidates are run at once, so that fewer calls are needed; what is written
   * does not depend on it.
   */
  readonly rowCost?: number;
  /** The arithmetic that hidden states come from, by name, such as `f32` (default: not known). */
  readonly arithmetic?: {
    /** Of whole texts: {@link Backend.states}. */
    readonly states: string;
    /** Of completions that evaluate a few rows a step. */
    readonly decoding: string;
  };
  /** The most tokens that prompt and completion may have together. */
  readonly contextLength: number;
  /**
   * Subspaces that are known for the model besides those of attributes, by the names of the attributes: what the user has for it
   * in the data directory (default: none). They take the place of those that came with a package ({@link Subspace.shipped}).
   */
  readonly subspaces?: Readonly<Record<string, readonly Subspace[]>>;
}

/**
 * A text in progress: a path from the root to a node of the backend's token tree, with its keys and
 * values. Contexts that share a prefix share its keys and values. Opaque to core; owned by the caller,
 * who must {@link Backend.release} it.
 */
export interface Context {
  /** Number of tokens from the root; 0 for a prompt of which nothing has been run yet. */
  readonly length: number;
}

/** What to ask about the token after a context. */
export interface NextTokenRequest {
  /** The text so far. */
  readonly context: Context;
  /** How many of the most probable tokens to return (at most the vocabulary). */
  readonly topK: number;
  /** Further tokens whose log-probability is wanted, probable or not. */
  readonly tokens?: readonly number[];
}

/** The model's own next-token distribution after one context, in part. */
export interface NextTokens {
  /** The most probable token ids, best first; ties go to the smaller id. */
  readonly tokens: Int32Array;
  /** Their natural log-probabilities, exact: normalised over the whole vocabulary. */
  readonly logProbs: Float64Array;
  /** Log-probabilities of the tokens asked for, in that order. */
  readonly asked: Float64Array;
  /** Log-sum-exp of the raw logits, so that `logit = logProb + logSumExp`. */
  readonly logSumExp: number;
}

/** Candidate continuations of one context, to be run through the model. */
export interface LookAheadRequest {
  /** The text so far. */
  readonly context: Context;
  /** Distinct candidate token ids, at least one. */
  readonly tokens: readonly number[];
  /**
   * Layers whose hidden states after these candidates are wanted. Other requests of the call may want deeper ones: that
   * costs these candidates nothing.
   */
  readonly layers: readonly number[];
  /**
   * Where each of them stands among all candidates of the step, ascending (default: 0, 1, 2, …). Of an `exact` backend a
   * candidate has the same numbers, bit for bit, whichever others are run with it, if it has the same rank.
   */
  readonly ranks?: readonly number[];
}

/** What the model makes of some candidates after one context. Valid until that context is released. */
export interface LookAhead {
  /**
   * Hidden states after each candidate, row-major [candidates, width], at one of the layers asked for
   * (0: embedding; `layers`: after the final norm, as Hugging Face numbers `hidden_states`).
   */
  hidden(layer: number): Float32Array;
  /**
   * Extends the context by one candidate, given by its token id, without another call of the model: its keys and values are
   * kept. Returns the new context, whose next-token distribution is ready; the old one stays valid.
   */
  commit(candidate: number): Context;
}

/** A prompt to be run, or the rest of one that was run in part. */
export interface PrefillRequest {
  /** Tokens to run, at least one. */
  readonly tokens: readonly number[];
  /** The text that they go on from, which stays valid (default: none, they begin a text). */
  readonly after?: Context;
  /**
   * Rows that one completion will evaluate in a step: 1 for plain decoding, a few for steered decoding
   * with lazy look-ahead, else the number of candidates. A backend may choose its arithmetic by it, and must keep to that choice for
   * every context that descends from this one; with `after`, it is that of the text.
   */
  readonly rowsPerStep: number;
  /** Layers whose hidden states are wanted, at the positions from `from` on (default: none). */
  readonly layers?: readonly number[];
  /**
   * The first position, counted from the beginning of the text, whose hidden states are wanted (default 0). Where layers are
   * wanted, tokens from there on are run, whatever is known of them.
   */
  readonly from?: number;
}

/** Settings of {@link Backend.prefill}. */
export interface PrefillOptions {
  /**
   * The most rows, that is tokens, to run in this call (default: as many as there are), so that a long prompt does not hold
   * others. They go to the requests in their order, and a prompt that has got too few is run in part. Tokens that are
   * known cost no row. A backend that cannot stop may run more.
   */
  readonly maxRows?: number;
}

/** A prompt that has been run, or a part of it. */
export interface Prefill {
  /**
   * The text as far as it has been run; the caller releases it. Once its length is that of the whole prompt, it is ready to be
   * continued. Until then it is good for {@link PrefillRequest.after} alone.
   */
  readonly context: Context;
  /** How many of its tokens were known from texts run before, and were not run again in this call. */
  readonly cachedTokens: number;
  /**
   * Hidden states at an asked-for layer, row-major: of the positions from {@link PrefillRequest.from} on that this call has
   * run, up to the end of the context. Read them before the backend is used again.
   */
  hidden(layer: number): Float32Array;
}

/** Settings of {@link Backend.states}. */
export interface StatesOptions {
  /** Layers whose hidden states are wanted. */
  readonly layers: readonly number[];
  /** Ends the call with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What the model makes of a text. */
export interface TextStates {
  /** Hidden states after each token at an asked-for layer, row-major [tokens, width]. */
  hidden(layer: number): Float32Array;
}

/**
 * Runs a model. This is the heart of Halfspace: one call of the model evaluates candidates of all
 * completions, and the winners are kept without another one.
 *
 * Calls that serve many requests take no signal: who has no more use for an answer drops it. A call that fails leaves all contexts as they
 * were.
 *
 * For every method: contexts of another backend, or released ones, are refused with `invalid-context`;
 * after {@link Backend.dispose} everything is refused with `disposed`.
 */
export interface Backend {
  /** Version of the contract that it was made for. */
  readonly specificationVersion: (typeof SPECIFICATION_VERSIONS)['backend'];
  /** The model that it runs. */
  readonly model: ModelInfo;
  /** The model's tokenizer. */
  readonly tokenizer: Tokenizer;
  /**
   * Whether a text has the same numbers, bit for bit, whatever else is held or known or is in the same call, and in whatever parts
   * a prompt is run. Without that, the same seed may write another text in other company.
   */
  readonly exact: boolean;
  /**
   * Runs prompts, or parts of them, and returns a context for each. At least the first of them gets on by a token; others may not, and have
   * the context of what they began with, that of an empty text included.
   *
   * @throws HalfspaceError `empty-prompt`, `context-overflow`, `unknown-token`, `unknown-layer`
   */
  prefill(requests: readonly PrefillRequest[], options?: PrefillOptions): Promise<Prefill[]>;
  /** The next-token distributions after some contexts, in one call of the output head. */
  next(requests: readonly NextTokenRequest[]): Promise<NextTokens[]>;
  /**
   * Runs candidates of some contexts through the model in one call, each as deep as its request reads. All candidates of a
   * step may be in one call, or some in a later one: what was found before stays valid.
   *
   * @throws HalfspaceError `context-overflow`, `unknown-token`, `unknown-layer`
   */
  lookAhead(requests: readonly LookAheadRequest[]): Promise<LookAhead[]>;
  /**
   * Natural log-probability of every token of a text given those before it: `tokens.length − 1` of them.
   * Keeps nothing. This is what perplexity is made of.
   *
   * @throws HalfspaceError `empty-prompt`, `context-overflow`, `unknown-token`; `aborted`, with which a signal ends it
   */
  logProbs(
    tokens: readonly number[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Float64Array>;
  /**
   * Hidden states of whole texts, several to a call of the model. Keeps nothing. This is what subspaces are
   * fitted and measured on. The arithmetic is that of many rows, however few texts there are, and each text
   * has the numbers that it has alone. The fewer tokens differ between texts that stand together, the better.
   *
   * @throws HalfspaceError `empty-prompt`, `context-overflow`, `unknown-token`, `unknown-layer`; `aborted`, with which a signal ends it
   */
  states(texts: readonly (readonly number[])[], options: StatesOptions): Promise<TextStates[]>;
  /** Another handle on the same text, to be continued in its own way. Costs nothing. */
  fork(context: Context): Context;
  /** Gives a context back; keys and values that no other context needs may be freed. */
  release(context: Context): void;
  /** Frees everything. Idempotent. */
  dispose(): Promise<void>;
}
