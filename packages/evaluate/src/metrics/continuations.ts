import { prefillWhole, throwIfAborted, type Backend, type Context } from '@halfspace/core';

/** A text that goes on from the common beginning, with what is still to be read of it. */
interface Reading {
  readonly tokens: readonly number[];
  readonly found: Float64Array;
  context: Context;
}

/**
 * Natural log-probability of every token of some continuations of one text, given all tokens before it. The text is run once,
 * and then the continuations side by side, a call of the model for each place in them.
 *
 * @param beginning - At least one token.
 * @returns One list a continuation, as long as it is.
 * @throws HalfspaceError as the backend
 */
export async function continuationLogProbs(
  backend: Backend,
  beginning: readonly number[],
  continuations: readonly (readonly number[])[],
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const rowsPerStep = Math.max(1, continuations.length);
  const { context: root } = await prefillWhole(backend, { tokens: beginning, rowsPerStep }, signal);
  const readings = continuations.map((tokens): Reading => ({
    tokens,
    found: new Float64Array(tokens.length),
    context: backend.fork(root),
  }));
  try {
    const longest = Math.max(0, ...continuations.map(({ length }) => length));
    for (let place = 0; place < longest; place++) {
      throwIfAborted(signal);
      await readPlace(backend, readings, place);
    }
  } finally {
    for (const context of [root, ...readings.map((reading) => reading.context)]) backend.release(context);
  }
  return readings.map(({ found }) => found);
}

/** Reads the tokens at one place of all continuations that have one. */
async function readPlace(backend: Backend, readings: readonly Reading[], place: number): Promise<void> {
  const going = readings.filter(({ tokens }) => place < tokens.length);
  const nexts = await backend.next(
    going.map(({ context, tokens }) => ({ context, topK: 0, tokens: [tokens[place]] })),
  );
  going.forEach(({ found }, at) => (found[place] = nexts[at].asked[0]));
  const further = going.filter(({ tokens }) => place + 1 < tokens.length);
  if (further.length === 0) return;
  const looks = await backend.lookAhead(
    further.map(({ context, tokens }) => ({ context, tokens: [tokens[place]], layers: [] })),
  );
  further.forEach((reading, at) => {
    const grown = looks[at].commit(reading.tokens[place]);
    backend.release(reading.context);
    reading.context = grown;
  });
}
