import { type Backend, throwIfAborted } from '@halfspace/contracts';
import { createPromptQueue, type WholePrefill, type WholePrefillRequest } from './decode/prompt-queue.js';

/** Rows of a slice: so long an abort waits. */
const SLICE_ROWS = 64;

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
  const queue = createPromptQueue(backend);
  const outcome: { done?: WholePrefill; failure?: { error: unknown } } = {};
  const withdraw = queue.add(request, {
    onDone: (prefill) => (outcome.done = prefill),
    onFailure: (error) => (outcome.failure = { error }),
  });
  try {
    while (outcome.done === undefined && outcome.failure === undefined) {
      throwIfAborted(signal);
      await queue.advance(SLICE_ROWS);
    }
    throwIfAborted(signal);
  } catch (error) {
    withdraw();
    if (outcome.done !== undefined) backend.release(outcome.done.context);
    throw error;
  }
  if (outcome.done === undefined) throw outcome.failure?.error;
  return outcome.done;
}
