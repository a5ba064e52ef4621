import { HalfspaceError } from '@halfspace/core';
import type { LabelledText } from './labelled-text.js';
import type { RowCounts } from './row-counts.js';

/** Fewest rows of each side. */
export const FEWEST_ROWS = 10;
/**
 * Fewest held-out groups with rows of each side. With three and three, chance alone orders them
 * perfectly one time in twenty; with fewer, a perfect AUROC would say nothing.
 */
const FEWEST_HELD_OUT_GROUPS = 3;

/** How many rows of each side a split of the data has; a row of another label than 0 and 1 counts in part on both. */
interface RowsOfSplit {
  readonly positive: number;
  readonly negative: number;
  /** Groups that have rows of a side. */
  groupsOf(label: 0 | 1): number;
}

/** The rows fitted on and those held out. */
export interface RowsOfSplits {
  readonly fitting: RowsOfSplit;
  readonly heldOut: RowsOfSplit;
}

/**
 * Refuses a row that is no labelled text.
 *
 * @param number - Its place, from 1.
 * @throws HalfspaceError `bad-row`
 */
export function checkRow({ prompt, response, label, group }: LabelledText, number: number): void {
  for (const [name, value] of Object.entries({ prompt, response, group })) {
    if (typeof value !== 'string') {
      throw badRow(number, `its ${name} must be a text and is ${typeof value}`);
    }
  }
  if (typeof label !== 'number' || !(label >= 0 && label <= 1)) {
    throw badRow(number, `its label must be a number from 0 to 1 and is ${String(label)}`);
  }
}

/**
 * Refuses rows that are no labelled texts.
 *
 * @throws HalfspaceError `no-data`, `bad-row`
 */
export function checkRows(rows: readonly LabelledText[]): void {
  if (rows.length === 0) throw new HalfspaceError('no-data', 'There are no rows.');
  rows.forEach((row, i) => checkRow(row, i + 1));
}

/** Counts rows by kind. */
export function countRows(rows: readonly LabelledText[]): RowCounts {
  const positive = rows.reduce((sum, { label }) => sum + label, 0);
  return {
    rows: rows.length,
    positive,
    negative: rows.length - positive,
    groups: new Set(rows.map(({ group }) => group)).size,
  };
}

/**
 * Refuses two rows that are no pair.
 *
 * @param number - Place of the second one, from 1.
 * @throws HalfspaceError `bad-row`
 */
export function checkPair(
  chosen: LabelledText | undefined,
  rejected: LabelledText | undefined,
  number: number,
): void {
  const ours = chosen !== undefined && rejected !== undefined;
  const same = ours && chosen.prompt === rejected.prompt && chosen.group === rejected.group;
  if (same && chosen.label === 1 && rejected.label === 0) return;
  throw badRow(
    number,
    'a pair is a row with the label 1 and then one with the label 0, both of one prompt and one group',
  );
}

/**
 * Refuses rows that a fit could learn nothing from, or whose figures would mean nothing.
 *
 * @throws HalfspaceError `no-data`, `one-sided-data`, `too-little-data`
 */
export function checkBalance({ fitting, heldOut }: RowsOfSplits): void {
  const labels = [1, 0] as const;
  const having = (split: RowsOfSplit, label: 0 | 1) => (label === 1 ? split.positive : split.negative);
  const both = (label: 0 | 1) => having(fitting, label) + having(heldOut, label);
  if (both(0) + both(1) === 0) throw new HalfspaceError('no-data', 'There are no rows to fit on.');
  for (const label of labels) {
    if (both(label) === 0) {
      throw new HalfspaceError(
        'one-sided-data',
        `No row has the label ${label}; a fit needs rows that have the value (1) and rows that lack it (0).`,
      );
    }
  }
  for (const label of labels) {
    if (both(label) < FEWEST_ROWS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${both(label)} rows have the label ${label}; at least ${FEWEST_ROWS} are needed.`,
      );
    }
  }
  for (const label of labels) {
    for (const [name, split] of Object.entries({ 'fitted on': fitting, 'held out': heldOut })) {
      if (having(split, label) === 0) {
        throw new HalfspaceError(
          'one-sided-data',
          `No row of label ${label} is among those ${name}. Add groups, or change the option heldOut or seed.`,
        );
      }
    }
    const groups = heldOut.groupsOf(label);
    if (groups < FEWEST_HELD_OUT_GROUPS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${groups} of the groups held out have rows of label ${label}; at least ` +
          `${FEWEST_HELD_OUT_GROUPS} are needed to measure anything. Add groups, or raise the option heldOut.`,
      );
    }
  }
}

function badRow(number: number, fault: string): HalfspaceError {
  return new HalfspaceError('bad-row', `Row ${number} cannot be used: ${fault}.`);
}
