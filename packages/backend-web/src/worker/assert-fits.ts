import { HalfspaceError } from '@halfspace/core';
import type { ModelFile } from '@halfspace/model/browser';

/** Weights that WebAssembly has room for, besides what it computes with: its memory ends at four gigabytes. */
const MOST_BYTES = 3 * 2 ** 30;

/**
 * Refuses a model that is too large for a page before it is compiled.
 *
 * @throws HalfspaceError `out-of-memory`
 */
export function assertFits({ name, tensors }: Pick<ModelFile, 'name' | 'tensors'>): void {
  const numbers = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const bytes = numbers * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= MOST_BYTES) return;
  throw new HalfspaceError(
    'out-of-memory',
    `${name} has ${(numbers / 1e6).toFixed(0)} million weights, which take ${(bytes / 1e9).toFixed(1)} GB in a page, and ${(MOST_BYTES / 1e9).toFixed(1)} GB is the most that fits. Take a smaller model.`,
  );
}
