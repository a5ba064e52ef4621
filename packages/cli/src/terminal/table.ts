import { inLine } from './harmless.js';
import { padded, widthOf } from './width.js';

/**
 * Lines of a table with aligned columns, two spaces apart, by the columns of a terminal that text of any script takes. Columns
 * of numbers are aligned to the right: those whose every cell below the heading starts with a digit or a sign.
 *
 * @param rows - The heading first; all of one length. A cell stays in its line, whatever it holds.
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(inLine));
  const [heading = [], ...body] = cells;
  const columns = heading.map((_, column) => ({
    width: cells.reduce((most, row) => Math.max(most, widthOf(row[column])), 0),
    side: body.every((row) => /^([-+]?\d|–$)/.test(row[column])) ? ('right' as const) : ('left' as const),
  }));
  return cells.map((row) =>
    columns
      .map(({ width, side }, column) => padded(row[column], width, side))
      .join('  ')
      .trimEnd(),
  );
}
