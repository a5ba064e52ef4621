import type { CONTRACT_VERSION } from '../contract-version.js';
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
  /** The most tokens that prompt and completion may have together. */
  readonly contextLength: number;
}

/**
 * A text in progress: a path from the root to a node of the backend's token tree, with its keys and
 * values. Contexts that share a prefix share its keys and values. Opaque to core; owned by the caller,
 * who must {@link Backend.release} it.
 */
export interface Context {
  /** Number of tokens from the root. */
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
   * Where each of them stands among all candidates of the step, ascending (default: 0, 1, 2, …). A candidate has
   * the same numbers, bit for bit, whichever others are run with it, if it has the same rank.
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

/** Settings of {@link Backend.prefill}. */
export interface PrefillOptions {
  /**
   * Rows that one completion will evaluate in a step: 1 for plain decoding, a few for steered decoding
   * with lazy look-ahead, else the number of candidates. A backend may choose its arithmetic by it, and must keep to that choice for
   * every context that descends from this one.
   */
  readonly rowsPerStep: number;
  /** Layers whose hidden states are wanted at every prompt position (default: none). */
  readonly layers?: readonly number[];
  /** Ends the call with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A prompt that has been run through the model. */
export interface Prefill {
  /** The prompt, ready to be continued; the caller releases it. */
  readonly context: Context;
  /** How many tokens of the prompt were not run, because what they come to was kept from before (default 0). */
  readonly cachedTokens?: number;
  /** Hidden states of the prompt at an asked-for layer, row-major [tokens, width]. */
  hidden(layer: number): Float32Array;
}

/** Settings of {@link Backend.lookAhead}. */
export interface LookAheadOptions {
  /** Layers whose hidden states are wanted. */
  readonly layers: readonly number[];
  /** Ends the call with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
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
 * A text has the same numbers, bit for bit, whatever else is held or is in the same call: seeds rely on it.
 *
 * For every method: contexts of another backend, or released ones, are refused with `invalid-context`;
 * after {@link Backend.dispose} everything is refused with `disposed`; an aborted signal ends the call
 * with `aborted` and leaves all contexts as they were.
 */
export interface Backend {
  /** Version of the contracts that it was made for. */
  readonly contract: typeof CONTRACT_VERSION;
  /** The model that it runs. */
  readonly model: ModelInfo;
  /** The model's tokenizer. */
  readonly tokenizer: Tokenizer;
  /**
   * Runs a prompt and returns its context.
   *
   * @throws HalfspaceError `empty-prompt`, `context-overflow`, `unknown-token`
   */
  prefill(tokens: readonly number[], options: PrefillOptions): Promise<Prefill>;
  /** The next-token distributions after some contexts, in one call of the output head. */
  next(requests: readonly NextTokenRequest[]): Promise<NextTokens[]>;
  /**
   * Runs candidates of some contexts through the model in one call. All candidates of a step may be in one
   * call, or some in a later one: what was found before stays valid.
   *
   * @throws HalfspaceError `context-overflow`, `unknown-token`
   */
  lookAhead(requests: readonly LookAheadRequest[], options: LookAheadOptions): Promise<LookAhead[]>;
  /**
   * Natural log-probability of every token of a text given those before it: `tokens.length − 1` of them.
   * Keeps nothing. This is what perplexity is made of.
   *
   * @throws HalfspaceError `empty-prompt`, `context-overflow`, `unknown-token`
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
   * @throws HalfspaceError `empty-prompt`, `context-overflow`, `unknown-token`, `unknown-layer`
   */
  states(texts: readonly (readonly number[])[], options: StatesOptions): Promise<TextStates[]>;
  /** Another handle on the same text, to be continued in its own way. Costs nothing. */
  fork(context: Context): Context;
  /** Gives a context back; keys and values that no other context needs are freed. */
  release(context: Context): void;
  /** Frees everything. Idempotent. */
  dispose(): Promise<void>;
}
