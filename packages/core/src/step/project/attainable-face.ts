import { MET, type Relation, type ScaledConstraint } from './linear-constraint.js';
import { minimiseCost, type Tableau } from '../../numeric/simplex.js';

/**
 * Where the distributions are that come nearest to meeting some constraints: those over `support` for which
 * every constraint holds with the relation given here. At least one of them gives every candidate of the
 * support some probability.
 */
export interface AttainableFace {
  /** Candidates, ascending. */
  readonly support: readonly number[];
  /** For each constraint; as asked for, unless there are conflicts. */
  readonly relations: readonly Relation[];
  /** Constraints that cannot be met together. */
  readonly conflicts: readonly number[];
  /** −1 or 1 where only an infinite weight of this sign leads to the face; else 0. */
  readonly infinite: Int8Array;
}

/** Reduced costs and multipliers above this are not rounding. */
const PRICED = 1e-10;
/** Least share of a uniform distribution that every candidate of a face can have. */
const INSIDE = 1e-11;

/**
 * Finds the face by linear programs, each going on from the one before: least sum of violations for every
 * priority in turn, then the most even distribution that is left. What has a reduced cost above 0 is 0
 * in every optimum: closing it keeps what has been reached, and leaves the next program all of the rest.
 *
 * @param candidates - Number of candidates.
 */
export function attainableFace(constraints: readonly ScaledConstraint[], candidates: number): AttainableFace {
  const tableau = startTableau(constraints, candidates);
  const leaning = new Int8Array(constraints.length);
  const infinite = new Int8Array(constraints.length);
  const conflicts = new Set<number>();
  const missed = (j: number) => candidates + 2 * j;
  const exceeded = (j: number) => candidates + 2 * j + 1;

  /** Closes all columns that would add to a cost at its least. */
  function close(reduced: Float64Array, multipliers: readonly number[]): void {
    let narrowed = false;
    reduced.forEach((price, c) => {
      if (price <= PRICED || !tableau.open[c]) return;
      tableau.open[c] = false;
      narrowed ||= c < candidates;
    });
    multipliers.forEach((multiplier, j) => {
      if (!isPriced(multiplier)) return;
      // What an earlier program asked for outweighs what a later one does.
      leaning[j] ||= Math.sign(multiplier);
      if (narrowed) infinite[j] = leaning[j];
    });
  }

  function multipliersOf(reduced: Float64Array, cost: Float64Array): number[] {
    return constraints.map((_, j) => cost[missed(j)] - reduced[missed(j)]);
  }

  for (const priority of new Set(constraints.map((each) => each.priority).sort((a, b) => a - b))) {
    const cost = violationCost(priority);
    const { reduced, value } = minimiseCost(tableau, cost);
    const multipliers = multipliersOf(reduced, cost);
    close(reduced, multipliers);
    if (value <= MET) continue;
    multipliers.forEach((multiplier, j) => isPriced(multiplier) && conflicts.add(j));
  }

  /** Of the constraints of a priority, in proportion to their own units. */
  function violationCost(priority: number): Float64Array {
    const scales = constraints.map((each) => (each.priority === priority ? each.scale : 0));
    const unit = Math.max(...scales);
    const cost = new Float64Array(tableau.columns.length);
    constraints.forEach(({ relation }, j) => {
      if (relation !== 'at-most') cost[missed(j)] = scales[j] / unit;
      if (relation !== 'at-least') cost[exceeded(j)] = scales[j] / unit;
    });
    return cost;
  }

  for (;;) {
    const support = Array.from({ length: candidates }, (_, x) => x).filter((x) => tableau.open[x]);
    const even = tableau.columns.push(evenColumn(tableau, support)) - 1;
    tableau.open.push(true);
    const cost = new Float64Array(tableau.columns.length);
    cost[even] = -1;
    const { reduced, value } = minimiseCost(tableau, cost);
    if (value < -INSIDE) {
      const relations = constraints.map((each, j) =>
        conflicts.size === 0 ? each.relation : relationLeft(j),
      );
      return { support, relations, conflicts: [...conflicts], infinite };
    }
    close(reduced, multipliersOf(reduced, cost));
    tableau.open[even] = false;
  }

  function relationLeft(j: number): Relation {
    if (!tableau.open[missed(j)]) return tableau.open[exceeded(j)] ? 'at-least' : 'equal';
    return 'at-most';
  }
}

function isPriced(value: number): boolean {
  return Math.abs(value) > PRICED;
}

/**
 * Columns: the probability of each candidate; then, of each constraint, by how much its target is missed and
 * exceeded. Starts where the first candidate has all the probability.
 */
function startTableau(constraints: readonly ScaledConstraint[], candidates: number): Tableau {
  const rows = constraints.length + 1;
  const columns = Array.from({ length: candidates + 2 * constraints.length }, () => new Float64Array(rows));
  const rightSide = new Float64Array(rows);
  const basis = Array.from({ length: rows }, () => 0);
  constraints.forEach(({ excess }, j) => {
    const [missed, exceeded] = [candidates + 2 * j, candidates + 2 * j + 1];
    const sign = excess[0] <= 0 ? 1 : -1;
    for (let x = 0; x < candidates; x++) columns[x][j] = sign * (excess[x] - excess[0]);
    columns[missed][j] = sign;
    columns[exceeded][j] = -sign;
    rightSide[j] = Math.abs(excess[0]);
    basis[j] = sign > 0 ? missed : exceeded;
  });
  for (let x = 0; x < candidates; x++) columns[x][rows - 1] = 1;
  rightSide[rows - 1] = 1;
  return { columns, rightSide, basis, open: columns.map(() => true) };
}

/** What giving every candidate of a support the same probability amounts to. */
function evenColumn({ columns }: Tableau, support: readonly number[]): Float64Array {
  return columns[0].map((_, row) => support.reduce((sum, x) => sum + columns[x][row], 0) / support.length);
}
