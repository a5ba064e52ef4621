import type { Backend, Context, LookAhead, LookAheadRequest, StatesOptions } from './backend.js';

/** Settings of {@link BackendV1.prefill}. */
export interface PrefillOptionsV1 {
  /** Rows that one completion will evaluate in a step. */
  readonly rowsPerStep: number;
  /** Layers whose hidden states are wanted at every prompt position (default: none). */
  readonly layers?: readonly number[];
  /** Ends the call with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A prompt that a {@link BackendV1} has run. */
export interface PrefillV1 {
  /** The prompt, ready to be continued; the caller releases it. */
  readonly context: Context;
  /** How many tokens of the prompt were not run, because what they come to was kept from before (default 0). */
  readonly cachedTokens?: number;
  /** Hidden states of the prompt at an asked-for layer, row-major [tokens, width]. */
  hidden(layer: number): Float32Array;
}

/**
 * A backend of version 1: one prompt a call, run whole, and the same layers for all requests of a look-ahead. It promises that a
 * text has the same numbers, bit for bit, whatever else is held or is in the same call. Core still runs it; new ones are {@link Backend}s.
 */
export interface BackendV1 extends Pick<
  Backend,
  'model' | 'tokenizer' | 'next' | 'logProbs' | 'states' | 'fork' | 'release' | 'dispose'
> {
  /** Version of the contract that it was made for. */
  readonly contract: 1;
  /** Runs a prompt and returns its context. */
  prefill(tokens: readonly number[], options: PrefillOptionsV1): Promise<PrefillV1>;
  /** Runs candidates of some contexts through the model in one call. */
  lookAhead(
    requests: readonly Omit<LookAheadRequest, 'layers'>[],
    options: StatesOptions,
  ): Promise<LookAhead[]>;
}
