import { HalfspaceError } from '@halfspace/core';
import type { LabelledText } from './labelled-text.js';
import type { RowCounts } from './row-counts.js';

/** Fewest rows of each side. */
export const FEWEST_ROWS = 10;
/**
 * Fewest groups with rows of each side to measure on. With three and three, chance alone orders them
 * perfectly one time in twenty; with fewer, a perfect AUROC would say nothing.
 */
const FEWEST_GROUPS = 3;

/** How many rows of each side a split of the data has; a row of another label than 0 and 1 counts in part on both. */
export interface RowsOfSplit {
  readonly rows: number;
  readonly positive: number;
  readonly negative: number;
  /** Rows that are rather on a side than on the other. */
  readonly leaning: readonly [negative: number, positive: number];
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
 * @param all - The rows of both splits.
 * @param splits - Absent where figures are cross-validated.
 * @throws HalfspaceError `no-data`, `one-sided-data`, `too-little-data`
 */
export function checkBalance(all: RowsOfSplit, splits?: RowsOfSplits): void {
  checkSides(all);
  if (splits === undefined) checkGroups(all);
  else checkSplits(splits);
}

const LABELS = [1, 0] as const;

function having(rows: RowsOfSplit, label: 0 | 1): number {
  return label === 1 ? rows.positive : rows.negative;
}

function checkSides(all: RowsOfSplit): void {
  if (all.rows === 0) throw new HalfspaceError('no-data', 'There are no rows to fit on.');
  for (const label of LABELS) {
    if (having(all, label) === 0) {
      throw new HalfspaceError(
        'one-sided-data',
        `No row has the label ${label}; a fit needs rows that have the value (1) and rows that lack it (0).`,
      );
    }
  }
  for (const label of LABELS) {
    // Twenty degrees that are spread out may sum up to a little less than ten on a side.
    const rows = Math.max(having(all, label), all.leaning[label]);
    if (rows < FEWEST_ROWS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${rows} rows have the label ${label}; at least ${FEWEST_ROWS} are needed.`,
      );
    }
  }
}

function checkSplits({ fitting, heldOut }: RowsOfSplits): void {
  for (const label of LABELS) {
    for (const [name, split] of Object.entries({ 'fitted on': fitting, 'held out': heldOut })) {
      if (having(split, label) === 0) {
        throw new HalfspaceError(
          'one-sided-data',
          `No row of label ${label} is among those ${name}. ${MENDED}`,
        );
      }
    }
    const groups = heldOut.groupsOf(label);
    if (groups < FEWEST_GROUPS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${groups} of the groups held out have rows of label ${label}; at least ` +
          `${FEWEST_GROUPS} are needed to measure anything. ${MENDED}`,
      );
    }
  }
}

const MENDED =
  'Add groups, set the option crossValidate (which measures on all of them), or change the option heldOut or seed.';

function checkGroups(all: RowsOfSplit): void {
  for (const label of LABELS) {
    const groups = all.groupsOf(label);
    if (groups >= FEWEST_GROUPS) continue;
    throw new HalfspaceError(
      groups < 2 ? 'one-sided-data' : 'too-little-data',
      groups < 2
        ? `Rows of label ${label} are all in one group, so there are none among those measured or none among those fitted on. Add groups.`
        : `Only ${groups} groups have rows of label ${label}; at least ${FEWEST_GROUPS} are needed to measure anything. Add groups.`,
    );
  }
}

function badRow(number: number, fault: string): HalfspaceError {
  return new HalfspaceError('bad-row', `Row ${number} cannot be used: ${fault}.`);
}
