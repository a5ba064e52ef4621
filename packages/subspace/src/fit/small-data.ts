import type { RowsOfSplit } from '../data/check-rows.js';

/** Of so few rows a fifth is too little to measure anything on. */
const FEW_ROWS = 100;
/** The same of groups that have rows of a side, however many rows they have. */
const FEW_GROUPS = 30;
/** Most rows whose hidden states are held in memory unless it was asked for. */
const MOST_ROWS = 1000;
/** Folds of a division, where there are groups enough. */
const FOLDS = 5;
/** How often the rows are divided in folds. */
export const DIVISIONS = 4;

/** Whether a fit cross-validates its figures where nothing is said of it. */
export function isSmall(rows: RowsOfSplit): boolean {
  const groups = Math.min(rows.groupsOf(0), rows.groupsOf(1));
  return rows.rows <= FEW_ROWS || (rows.rows <= MOST_ROWS && groups < FEW_GROUPS);
}

/** How many folds some rows are divided in: no more than there are groups of each side. */
export function foldsFor(rows: Pick<RowsOfSplit, 'groupsOf'>): number {
  return Math.min(FOLDS, rows.groupsOf(0), rows.groupsOf(1));
}
