import type { InferenceSession, Tensor } from '@halfspace/onnx-runtime';
import { vi } from 'vitest';
import { SESSION_METHODS } from './session-methods.js';

/** Rows of calls of the trunk, in order. */
export interface RowCounts {
  /** Of each call of the lower part. */
  readonly lower: number[];
  /** Of each call of the upper part. */
  readonly upper: number[];
  /** Number of calls of the head. */
  heads: number;
  /** Called at the end of every call. */
  onCall?: () => void;
  /** Counts from nothing again. */
  clear(): void;
  restore(): void;
}

/** Counts what ONNX Runtime runs, in all sessions. */
export function countRows(): RowCounts {
  const { run } = SESSION_METHODS;
  const spy = vi.spyOn(SESSION_METHODS, 'run').mockImplementation(async function (
    this: InferenceSession,
    ...words: unknown[]
  ) {
    const [feeds] = words as [Record<string, Tensor>];
    const rows = feeds['positions']?.dims[1];
    if (rows === undefined) counts.heads++;
    else counts[feeds['tokens'] === undefined ? 'upper' : 'lower'].push(rows);
    try {
      return await (Reflect.apply(run, this, words) as ReturnType<typeof run>);
    } finally {
      counts.onCall?.();
    }
  });
  const counts: RowCounts = {
    lower: [],
    upper: [],
    heads: 0,
    clear() {
      counts.lower.length = 0;
      counts.upper.length = 0;
      counts.heads = 0;
    },
    restore: () => spy.mockRestore(),
  };
  return counts;
}
