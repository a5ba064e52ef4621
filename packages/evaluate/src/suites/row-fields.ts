import { HalfspaceError } from '@halfspace/core';
import type { SuiteRow } from './suite.js';

/**
 * A column that must hold text.
 *
 * @throws HalfspaceError `bad-row`
 */
export function text(row: SuiteRow, column: string): string {
  const value = row.values[column];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw badRow(row, `"${column}" must be a text that is not empty`);
}

/** A column that names something, as text or as a number; undefined where it is absent or empty. */
export function label(row: SuiteRow, column: string): string | undefined {
  const value = row.values[column];
  if (value === undefined || value === null || value === '' || Number.isNaN(value)) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return String(value);
  throw badRow(row, `"${column}" must be a text or a number`);
}

/** A column of texts: a list, or one text with semicolons between them. */
export function texts(row: SuiteRow, column: string): string[] {
  const value = row.values[column];
  const found = typeof value === 'string' ? value.split(';') : value;
  if (Array.isArray(found) && found.every((each) => typeof each === 'string')) {
    return found.map((each) => each.trim()).filter((each) => each !== '');
  }
  throw badRow(row, `"${column}" must be a list of texts`);
}

/** An id that every reader of the same file gives: the row's own, or else the line on which it stands. */
export function idOf(row: SuiteRow, ...columns: readonly string[]): string {
  for (const column of columns) {
    const found = label(row, column);
    if (found !== undefined) return found;
  }
  return row.place.slice(row.place.lastIndexOf(':') + 1);
}

/** The error of a row that is not as it should be. */
export function badRow({ place }: SuiteRow, complaint: string): HalfspaceError {
  return new HalfspaceError('bad-row', `${place}: ${complaint}.`);
}
