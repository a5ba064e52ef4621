/**
 * Lines of a table with aligned columns, two spaces apart. Columns of numbers are aligned to the right:
 * those whose every cell below the heading starts with a digit or a sign.
 *
 * @param rows - The heading first; all of one length.
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const [heading = [], ...body] = rows;
  const columns = heading.map((_, column) => ({
    width: Math.max(...rows.map((row) => row[column].length)),
    right: body.every((row) => /^([-+]?\d|–$)/.test(row[column])),
  }));
  return rows.map((row) =>
    columns
      .map(({ width, right }, column) => (right ? row[column].padStart(width) : row[column].padEnd(width)))
      .join('  ')
      .trimEnd(),
  );
}
