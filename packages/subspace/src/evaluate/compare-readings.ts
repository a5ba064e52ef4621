import {
  type Backend,
  HalfspaceError,
  inTurns,
  type ReadingDifference,
  type Subspace,
} from '@halfspace/core';
import { checkRows } from '../data/check-rows.js';
import type { LabelledText } from '../data/labelled-text.js';
import { encodeRow } from '../data/response-states.js';
import type { FitProgress } from '../fit/fit-options.js';
import { auroc } from '../statistics/auroc.js';
import { readMargins } from './read-margins.js';

/** Settings of {@link readEndMargins}. */
export interface EndMarginOptions {
  /** Whether a prompt is given to the model as a user's turn in its chat template (default false). */
  readonly chat?: boolean;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each row. */
  readonly onProgress?: (progress: FitProgress) => void;
}

/**
 * The margins of texts after their last token, in the arithmetic that the backend has for whole texts.
 *
 * @returns For each subspace one margin a row.
 * @throws HalfspaceError `no-data`, `bad-row`, and naming the row `empty-response` and `context-overflow`; `aborted`, `not-finite`
 */
export async function readEndMargins(
  backend: Backend,
  subspaces: readonly Subspace[],
  rows: readonly LabelledText[],
  { chat = false, signal, onProgress }: EndMarginOptions = {},
): Promise<number[][]> {
  checkRows(rows);
  const encoded = await inTurns(rows, (row, i) => encodeRow(backend, row, i + 1, chat), signal);
  const margins = await readMargins(backend, subspaces, encoded, { signal, onProgress });
  return margins.map((own) => own.map((each) => each[each.length - 1]));
}

/**
 * What another arithmetic makes of the margins of labelled texts.
 *
 * @param fitted - The margins in the arithmetic of the fit, one a text.
 * @param other - Those of the same texts in the other.
 * @param labels - Those of the texts; one half or more counts as 1.
 * @throws HalfspaceError `one-sided-data`
 */
export function compareReadings(
  fitted: readonly number[],
  other: readonly number[],
  labels: readonly number[],
): ReadingDifference {
  const sides = labels.map((label) => (label >= 0.5 ? 1 : 0));
  if (new Set(sides).size < 2)
    throw new HalfspaceError('one-sided-data', 'All rows have the same label: no AUROC can be measured.');
  const differences = other.map((margin, row) => margin - fitted[row]);
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return {
    rows: differences.length,
    margin: Math.sqrt(mean(differences.map((each) => each * each))),
    shift: mean(differences),
    auroc: [auroc(fitted, sides), auroc(other, sides)],
  };
}
