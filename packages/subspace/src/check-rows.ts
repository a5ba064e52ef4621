import { HalfspaceError } from '@halfspace/core';
import type { LabelledText } from './labelled-text.js';
import type { Split } from './split.js';
import type { RowCounts } from './subspace-artifact.js';

/** Fewest rows of each class. */
const FEWEST_ROWS = 10;
/**
 * Fewest held-out groups with rows of each class. With three and three, chance alone orders them
 * perfectly one time in twenty; with fewer, a perfect AUROC would say nothing.
 */
const FEWEST_HELD_OUT_GROUPS = 3;

/** Counts rows by kind. */
export function countRows(rows: readonly LabelledText[]): RowCounts {
  const positive = rows.filter(({ label }) => label === 1).length;
  return {
    rows: rows.length,
    positive,
    negative: rows.length - positive,
    groups: new Set(rows.map(({ group }) => group)).size,
  };
}

/**
 * Refuses rows that are no labelled texts.
 *
 * @throws HalfspaceError `no-data`, `bad-row`
 */
export function checkRows(rows: readonly LabelledText[]): void {
  if (rows.length === 0) {
    throw new HalfspaceError('no-data', 'There are no rows to fit on.');
  }
  rows.forEach(({ prompt, response, label, group }, i) => {
    for (const [name, value] of Object.entries({ prompt, response, group })) {
      if (typeof value !== 'string') throw badRow(i, `its ${name} must be a text and is ${typeof value}`);
    }
    if (label !== 0 && label !== 1) throw badRow(i, `its label must be 0 or 1 and is ${String(label)}`);
  });
}

/**
 * Refuses rows that a fit could learn nothing from, or whose figures would mean nothing.
 *
 * @throws HalfspaceError `one-sided-data`, `too-little-data`
 */
export function checkBalance({ fitting, heldOut }: Split<LabelledText>): void {
  const labels = [1, 0] as const;
  const having = (rows: readonly LabelledText[], label: 0 | 1) => rows.filter((row) => row.label === label);
  for (const label of labels) {
    if (having(fitting, label).length + having(heldOut, label).length === 0) {
      throw new HalfspaceError(
        'one-sided-data',
        `No row has the label ${label}; a fit needs rows that have the value (1) and rows that lack it (0).`,
      );
    }
  }
  for (const label of labels) {
    const rows = having(fitting, label).length + having(heldOut, label).length;
    if (rows < FEWEST_ROWS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${rows} rows have the label ${label}; at least ${FEWEST_ROWS} are needed.`,
      );
    }
  }
  for (const label of labels) {
    for (const [name, part] of Object.entries({ 'fitted on': fitting, 'held out': heldOut })) {
      if (having(part, label).length === 0) {
        throw new HalfspaceError(
          'one-sided-data',
          `No row of label ${label} is among those ${name}. Add groups, or change the option heldOut or seed.`,
        );
      }
    }
    const { groups } = countRows(having(heldOut, label));
    if (groups < FEWEST_HELD_OUT_GROUPS) {
      throw new HalfspaceError(
        'too-little-data',
        `Only ${groups} of the groups held out have rows of label ${label}; at least ` +
          `${FEWEST_HELD_OUT_GROUPS} are needed to measure anything. Add groups, or raise the option heldOut.`,
      );
    }
  }
}

function badRow(index: number, fault: string): HalfspaceError {
  return new HalfspaceError('bad-row', `Row ${index + 1} cannot be used: ${fault}.`);
}
