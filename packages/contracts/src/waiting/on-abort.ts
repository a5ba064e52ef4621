const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls when a signal aborts. The signal has one listener, however many wait for it: platforms warn of more than ten.
 *
 * @returns Stops waiting.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const calls = waiting.get(signal) ?? listen(signal);
  calls.add(call);
  return () => calls.delete(call);
}

function listen(signal: AbortSignal): Set<() => void> {
  const calls = new Set<() => void>();
  waiting.set(signal, calls);
  signal.addEventListener('abort', () => calls.forEach((call) => call()), { once: true });
  return calls;
}
