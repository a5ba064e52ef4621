/**
 * A linear program in equality form, solved so far: every row has a basic column, which is a unit vector
 * there, and the right side, at least 0, is the value of the basic columns. All others are 0.
 */
export interface Tableau {
  readonly columns: Float64Array[];
  readonly rightSide: Float64Array;
  /** The basic column of each row. */
  readonly basis: number[];
  /** Whether a column may be other than 0. */
  readonly open: boolean[];
}

/** Entries, reduced costs and right sides smaller than this are rounding. */
const NOTHING = 1e-11;
/**
 * By how much a basic column may fall below 0, and be set to 0, for a safer pivot. With much more, a face whose candidates
 * can have 1e-10 and no more loses some of them.
 */
const TIED = 1e-14;

/**
 * Minimises a cost by the simplex method, from where the tableau stands.
 *
 * @param cost - Cost of each column; bounded below on the feasible points.
 * @returns The least cost, and the reduced cost of each column: what one unit of it would add.
 */
export function minimiseCost(tableau: Tableau, cost: Float64Array): { value: number; reduced: Float64Array } {
  const { columns, open } = tableau;
  // From then on the first column that helps is taken, which cannot go in circles (Bland 1977).
  const patience = 2 * columns.length;
  for (let pivots = 0; ; pivots++) {
    const reduced = reducedCost(tableau, cost);
    const careful = pivots > patience;
    const entering = chooseEntering(reduced, open, careful);
    const row = entering < 0 || pivots > 4 * patience ? -1 : chooseRow(tableau, entering, careful);
    if (row < 0) return { value: valueOf(tableau, cost), reduced };
    pivot(tableau, row, entering);
  }
}

// Loops, because this and the pivots take most of the time of a step whose constraints conflict.
function reducedCost({ columns, basis }: Tableau, cost: Float64Array): Float64Array {
  const reduced = cost.slice();
  for (let row = 0; row < basis.length; row++) {
    const price = cost[basis[row]];
    if (price === 0) continue;
    for (let c = 0; c < reduced.length; c++) reduced[c] -= price * columns[c][row];
  }
  return reduced;
}

function valueOf({ basis, rightSide }: Tableau, cost: Float64Array): number {
  return basis.reduce((sum, c, row) => sum + cost[c] * rightSide[row], 0);
}

function chooseEntering(reduced: Float64Array, open: readonly boolean[], careful: boolean): number {
  let best = -1;
  for (let c = 0; c < reduced.length; c++) {
    if (!open[c] || reduced[c] > -NOTHING) continue;
    if (best < 0 || reduced[c] < reduced[best]) best = c;
    if (careful) break;
  }
  return best;
}

/**
 * The row whose basic column first falls to 0 as the entering one grows; of those that would fall no more than rounding
 * below 0, the safest to divide by (Harris 1973).
 */
function chooseRow({ columns, rightSide, basis }: Tableau, entering: number, careful: boolean): number {
  const column = columns[entering];
  let most = Infinity;
  for (let row = 0; row < column.length; row++) {
    if (column[row] >= NOTHING) most = Math.min(most, (rightSide[row] + TIED) / column[row]);
  }
  let best = -1;
  for (let row = 0; row < column.length; row++) {
    if (column[row] < NOTHING || rightSide[row] / column[row] > most) continue;
    if (best < 0 || (careful ? basis[row] < basis[best] : column[row] > column[best])) best = row;
  }
  return best;
}

function pivot({ columns, rightSide, basis }: Tableau, row: number, entering: number): void {
  const divisor = columns[entering].slice();
  for (const column of [...columns, rightSide]) {
    const share = column[row] / divisor[row];
    if (share === 0) continue;
    for (let i = 0; i < column.length; i++) column[i] -= share * divisor[i];
    column[row] = share;
  }
  for (let i = 0; i < rightSide.length; i++) rightSide[i] = Math.max(rightSide[i], 0);
  basis[row] = entering;
}
