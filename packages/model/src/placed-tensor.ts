import type { HalfspaceError } from '@halfspace/core';
import type { WeightTensor } from './weight-tensor.js';

/** A tensor and where its bytes lie in the file. */
export interface PlacedTensor extends WeightTensor {
  readonly offset: number;
  readonly length: number;
}

/** The part of a file that belongs to tensors, from `start` on; each begins at a multiple of `alignment`. */
interface Space {
  readonly start: number;
  readonly fileSize: number;
  readonly alignment: number;
}

/** Rounds a place in a file up to a multiple of `alignment`. */
export function alignUp(position: number, alignment: number): number {
  return Math.ceil(position / alignment) * alignment;
}

/**
 * Checks that tensors fill the file: one after another without overlap, nothing between them but the
 * padding that alignment needs, and nothing behind the last.
 *
 * @param corrupt - Makes the error from what was wrong.
 */
export function checkPlaces(
  tensors: readonly PlacedTensor[],
  { start, fileSize, alignment }: Space,
  corrupt: (what: string) => HalfspaceError,
): void {
  let end = start;
  // A tensor without numbers begins where the next one does.
  for (const { name, offset, length } of [...tensors].sort(
    (a, b) => a.offset - b.offset || a.length - b.length,
  )) {
    if (offset + length > fileSize) throw corrupt(`the tensor ${name} reaches past the end of the file`);
    const expected = alignUp(end, alignment);
    if (offset !== expected)
      throw corrupt(`the tensor ${name} begins at ${offset} where ${expected} belongs`);
    end = offset + length;
  }
  if (fileSize > alignUp(end, alignment))
    throw corrupt(`it goes on for ${fileSize - end} bytes after its end`);
}
