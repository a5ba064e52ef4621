import type { ModelInfo } from '@halfspace/core';

/**
 * Blocks of a model that a candidate runs where some layers are read: to the model's cut where none is above it, else
 * all. The winner alone goes through the rest.
 */
export function candidateDepth(
  layers: readonly number[],
  { layers: blocks, cut = -1 }: Pick<ModelInfo, 'layers' | 'cut'>,
): number {
  return Math.max(...layers) <= cut ? cut : blocks;
}
