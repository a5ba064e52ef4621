import { valueOf, type AnyDecodeOptions } from '@halfspace/core';

/** Rows that are run in a step at most. More would save little time, and keep the first result waiting. */
const ROWS_PER_STEP = 40;
/** Rows that a step evaluates of a completion whose look-ahead is lazy, on average. */
const ROWS_IF_LAZY = 2;
/** Completions that are decoded together at most. */
const MOST_TOGETHER = 16;

/** How many completions are to be decoded together. */
export function concurrencyOf(options: AnyDecodeOptions): number {
  const { weights = {}, formula, control, lookAhead, topK } = options;
  const weighted = formula === undefined && control?.mode === 'penalty';
  const steered = !weighted || Object.values(weights).some((weight) => valueOf(weight) !== 0);
  if (!steered) return together(1);
  return weighted && lookAhead === 'lazy' ? together(ROWS_IF_LAZY) : concurrencyIfEager(topK);
}

/** How many completions are to be decoded together if all candidates of each are run. */
export function concurrencyIfEager(topK: number | undefined): number {
  return together(topK || ROWS_PER_STEP);
}

/** @param rows - Of one completion. */
function together(rows: number): number {
  return Math.min(MOST_TOGETHER, Math.max(1, Math.round(ROWS_PER_STEP / rows)));
}
