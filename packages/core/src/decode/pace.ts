/** What share of its weight an observation has left when the next one has come. */
const FADING = 0.9;

/** How long calls of the model take by their rows, as the latest have shown. */
export interface Pace {
  /** Notes that a call of so many rows took so long. */
  note(rows: number, ms: number): void;
  /** The most rows that are expected to take no longer than that; undefined where nothing has been noted yet. May be below 1. */
  rowsWithin(ms: number): number | undefined;
}

/**
 * Nothing is known yet. What a call costs is taken to be a line in its rows, fitted by least squares to the calls so far, of which the
 * latest count most: the longer a prompt gets, the more its rows cost.
 */
export function createPace(): Pace {
  let weight = 0;
  let [rowSum, msSum, rowSquares, products] = [0, 0, 0, 0];

  /** Milliseconds of a call without rows, and of each row. */
  function line(): { readonly call: number; readonly row: number } {
    const [rows, ms] = [rowSum / weight, msSum / weight];
    const spread = rowSquares / weight - rows * rows;
    const inProportion = { call: 0, row: ms / rows };
    // Calls of nearly one size do not tell the two apart.
    if (!(spread > 0.01 * rows * rows)) return inProportion;
    const row = (products / weight - rows * ms) / spread;
    const call = ms - row * rows;
    if (call < 0) return inProportion;
    return row > 0 ? { call, row } : { call: 0, row: ms / rows };
  }

  return {
    note(rows, ms) {
      if (!(rows > 0 && ms >= 0)) return;
      weight = weight * FADING + 1;
      rowSum = rowSum * FADING + rows;
      msSum = msSum * FADING + ms;
      rowSquares = rowSquares * FADING + rows * rows;
      products = products * FADING + rows * ms;
    },
    rowsWithin(ms) {
      if (weight === 0) return undefined;
      const { call, row } = line();
      return row === 0 ? Infinity : (ms - call) / row;
    },
  };
}
