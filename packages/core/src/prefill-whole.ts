import { type Backend, type Context, type PrefillRequest, throwIfAborted } from '@halfspace/contracts';
import { finiteStates } from './step/margins/margins.js';

/** Rows of a prompt that are run before the signal is looked at again: fewer take longer, and more hold others. */
const SLICE_ROWS = 64;

/**
 * A prompt to be run to its end.
 *
 * @beta
 */
export type WholePrefillRequest = Omit<PrefillRequest, 'after'>;

/**
 * A prompt that has been run to its end.
 *
 * @beta
 */
export interface WholePrefill {
  /** Ready to be continued; the caller releases it. */
  readonly context: Context;
  /** How many of its tokens were known from texts run before. */
  readonly cachedTokens: number;
  /**
   * Hidden states at an asked-for layer at the positions from {@link PrefillRequest.from} on, row-major [tokens − from, width]; a copy.
   */
  hidden(layer: number): Float32Array;
}

/**
 * Runs a prompt to its end, in slices of 64 rows.
 *
 * @param backend - What runs it.
 * @param request - The prompt, and which hidden states are wanted.
 * @param signal - Looked at between slices; ends the run with the error `aborted`, and nothing is kept.
 * @throws HalfspaceError `aborted`, `not-finite`, and what {@link Backend.prefill} throws
 * @beta
 */
export async function prefillWhole(
  backend: Backend,
  request: WholePrefillRequest,
  signal?: AbortSignal,
): Promise<WholePrefill> {
  const { tokens, layers = [] } = request;
  const parts = new Map(layers.map((layer) => [layer, [] as Float32Array[]]));
  let cachedTokens = 0;
  let context: Context | undefined;
  try {
    do {
      throwIfAborted(signal);
      const rest = {
        ...request,
        tokens: tokens.slice(context?.length ?? 0),
        ...(context && { after: context }),
      };
      const [found] = await backend.prefill([rest], { maxRows: SLICE_ROWS });
      if (context !== undefined) backend.release(context);
      ({ context } = found);
      cachedTokens += found.cachedTokens;
      for (const [layer, own] of parts) own.push(finiteStates(found.hidden(layer).slice()));
    } while (context.length < tokens.length);
    throwIfAborted(signal);
  } catch (error) {
    if (context !== undefined) backend.release(context);
    throw error;
  }
  const whole = new Map([...parts].map(([layer, own]) => [layer, endToEnd(own)]));
  return { context, cachedTokens, hidden: (layer) => whole.get(layer) ?? new Float32Array() };
}

function endToEnd(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
