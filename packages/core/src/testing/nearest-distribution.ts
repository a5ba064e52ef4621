import loadHighs from 'highs';
import type { LinearConstraint } from '../step/project/linear-constraint.js';

/** By how much HiGHS may miss a bound; the least that it takes. */
const TOLERANCE = 1e-10;
/** What probabilities are multiplied by for HiGHS, so that this tolerance is a small share of them. */
const UNIT = 1_000;

// Its types say that it is a CommonJS module, and it is not.
const highs = await (loadHighs as unknown as typeof loadHighs.default)();
/** One for all: making one takes longer than solving. */
const model = highs.createModel();
model.options.set({
  output_flag: false,
  presolve: 'off',
  primal_feasibility_tolerance: TOLERANCE,
  dual_feasibility_tolerance: TOLERANCE,
});

/** A number that HiGHS found. */
export interface Bounded {
  readonly value: number;
  /** What it may be off, because bounds and optimality are kept to a tolerance. */
  readonly error: number;
}

/**
 * All distributions that come nearest to meeting constraints, by HiGHS: for every priority in turn, those
 * with the least sum of violations. Soft constraints limit nothing.
 */
export interface NearestDistributions {
  /** Least sum of violations. */
  readonly violation: Bounded;
  /**
   * Least Σ cost(x)·q(x) + Σ price(j)·violation(j), the second over soft constraints.
   *
   * @param banned - Candidates without probability.
   */
  least(cost: ArrayLike<number>, banned?: ReadonlySet<number>): Bounded;
}

/**
 * Finds them. What was found before is of no use from then on.
 *
 * @param attainable - Whether all hard constraints are known to be attainable.
 */
export function findNearestDistributions(
  candidates: number,
  constraints: readonly LinearConstraint[],
  attainable: boolean,
): NearestDistributions {
  const columns = candidates + 2 * constraints.length;
  const isHard = ({ maxWeight }: LinearConstraint) => maxWeight === Infinity;
  const priorities = [...new Set(constraints.filter(isHard).map(({ priority }) => priority))].sort(
    (a, b) => a - b,
  );

  /** The columns whose sum is the violation of some constraints. */
  function violating(which: (constraint: LinearConstraint) => boolean): Map<number, LinearConstraint> {
    const found = new Map<number, LinearConstraint>();
    constraints.forEach((constraint, j) => {
      if (!which(constraint)) return;
      const [missed, exceeded] = violationColumns(candidates, j);
      if (constraint.relation !== 'at-most') found.set(missed, constraint);
      if (constraint.relation !== 'at-least') found.set(exceeded, constraint);
    });
    return found;
  }

  const levels = priorities.map((priority) =>
    violating((each) => isHard(each) && each.priority === priority),
  );
  const targets = [UNIT, ...constraints.map(({ target }) => target * UNIT)];
  model.passModel(linearProgram(candidates, constraints, targets, levels));
  const reached: number[] = [];

  function minimise(costs: Float64Array): Bounded {
    model.changeColsCost({ kind: 'range', from: 0, to: columns - 1 }, costs);
    // Where rounding has left no point at all, there is one a little further out.
    for (const slack of [0, 0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6]) {
      for (const [l, most] of reached.entries()) model.changeRowBounds(targets.length + l, 0, most + slack);
      model.run();
      if (model.getModelStatus() !== highs.constants.modelStatus.optimal) {
        // Near-duplicates can make the basis that it goes on from too close to singular for its tolerances.
        model.clearSolver();
        continue;
      }
      const prices = model.getSolution().rowDual.reduce((sum, price) => sum + Math.abs(price), 0);
      const error = (10 * (TOLERANCE + slack) * prices) / UNIT;
      return { value: model.getObjectiveValue() / UNIT, error };
    }
    throw new Error(`HiGHS ended with status ${model.getModelStatus()}.`);
  }
  let violation = { value: 0, error: 0 };
  for (const level of levels) {
    const costs = new Float64Array(columns);
    for (const column of level.keys()) costs[column] = 1;
    const { value, error } = attainable ? violation : minimise(costs);
    reached.push(Math.max(0, value * UNIT));
    violation = { value: violation.value + value, error: violation.error + error };
  }
  return {
    violation,
    least(cost, banned = new Set()) {
      const costs = new Float64Array(columns);
      for (let x = 0; x < candidates; x++) {
        if (!banned.has(x)) costs[x] = cost[x];
        model.changeColBounds(x, 0, banned.has(x) ? 0 : Infinity);
      }
      for (const [column, { maxWeight }] of violating((each) => !isHard(each))) costs[column] = maxWeight;
      return minimise(costs);
    },
  };
}

/** The columns of the violation of a constraint: how far it is missed from below, and from above. */
function violationColumns(candidates: number, j: number): readonly [missed: number, exceeded: number] {
  return [candidates + 2 * j, candidates + 2 * j + 1];
}

/**
 * Probabilities that sum to 1, constraints up to their violations, and the sum of violations of each level.
 *
 * @param targets - Of the rows before those of levels.
 * @param levels - For each priority the columns of its violations.
 */
function linearProgram(
  candidates: number,
  constraints: readonly LinearConstraint[],
  targets: readonly number[],
  levels: readonly ReadonlyMap<number, LinearConstraint>[],
) {
  const columns = candidates + 2 * constraints.length;
  const rows: [number, number][][] = [
    Array.from({ length: candidates }, (_, x) => [x, 1]),
    ...constraints.map(({ values }, j): [number, number][] => [
      ...[...values.entries()].filter(([, value]) => value !== 0),
      [violationColumns(candidates, j)[0], 1],
      [violationColumns(candidates, j)[1], -1],
    ]),
    ...levels.map((level) => [...level.keys()].map((column): [number, number] => [column, 1])),
  ];
  return {
    numCols: columns,
    numRows: rows.length,
    colCost: new Float64Array(columns),
    colLower: new Float64Array(columns),
    colUpper: new Float64Array(columns).fill(Infinity),
    rowLower: [...targets, ...levels.map(() => 0)],
    rowUpper: [...targets, ...levels.map(() => Infinity)],
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: columns,
      starts: startsOf(rows),
      indices: rows.flat().map(([column]) => column),
      values: rows.flat().map(([, value]) => value),
    },
  } as const;
}

/** Where each row starts in the list of all entries, and where the last ends. */
function startsOf(rows: readonly (readonly unknown[])[]): number[] {
  const starts = [0];
  for (const row of rows) starts.push(starts[starts.length - 1] + row.length);
  return starts;
}
