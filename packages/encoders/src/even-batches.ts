import { setImmediate as macrotask } from 'node:timers/promises';
import { throwIfAborted } from '@halfspace/contracts';

/** Texts of equal length, to be run in one call. */
export interface EvenBatch {
  /** Tokens of each. */
  readonly length: number;
  /** Which texts, by their places. */
  readonly members: readonly number[];
}

/** Tokens of a call: enough to keep the cores busy, few enough for memory. */
const TOKENS_PER_CALL = 2048;

/**
 * Puts texts of equal length together, at most `most` tokens to a batch but at least one text. Without padding
 * a text's numbers do not depend on the others, and nothing is computed for nothing.
 */
export function evenBatches(texts: readonly ArrayLike<number>[], most = TOKENS_PER_CALL): EvenBatch[] {
  const byLength = new Map<number, number[]>();
  texts.forEach(({ length }, text) => {
    const members = byLength.get(length);
    if (members === undefined) byLength.set(length, [text]);
    else members.push(text);
  });
  return [...byLength].flatMap(([length, members]) => {
    const size = Math.max(1, Math.floor(most / length));
    return Array.from({ length: Math.ceil(members.length / size) }, (_, batch) => ({
      length,
      members: members.slice(batch * size, (batch + 1) * size),
    }));
  });
}

/**
 * Runs texts in even batches and gives each its numbers, in their order.
 *
 * @param call - Numbers of some texts: `tokens` is [texts, length], row-major, and so is the answer, as wide as it is.
 * @throws HalfspaceError `aborted`; what `call` throws
 */
export async function runEvenly(
  texts: readonly (readonly number[])[],
  signal: AbortSignal | undefined,
  call: (tokens: readonly number[], shape: readonly [texts: number, length: number]) => Promise<Float32Array>,
): Promise<Float32Array[]> {
  const results = Array.from<Float32Array>({ length: texts.length });
  for (const { length, members } of evenBatches(texts)) {
    throwIfAborted(signal);
    const tokens = members.flatMap((text) => texts[text]);
    const found = await call(tokens, [members.length, length]);
    const width = found.length / members.length;
    members.forEach((text, row) => (results[text] = found.slice(row * width, (row + 1) * width)));
    // The call holds the thread; give timers, signals and streams their turn.
    await macrotask();
  }
  return results;
}
