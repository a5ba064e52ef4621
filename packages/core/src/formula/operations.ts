import { logSumExp } from '../numeric/log-sum-exp.js';
import { EITHER, increasing, magnitude, negated, product, type Enclose } from './interval.js';

/** What a part of a formula is. A truth counts as 0 or 1 where a number is needed. */
export type Kind = 'number' | 'truth';

/** What an operator or a function does. */
export interface Operation {
  readonly takes: Kind;
  readonly gives: Kind;
  readonly fewest: number;
  /** Most operands. */
  readonly most: number;
  readonly apply: (...values: number[]) => number;
  /** Where its result lies; undefined where it may be other than finite although all operands are. */
  readonly enclose: Enclose | undefined;
}

const sum = increasing((a, b) => a + b);

/** The operators of formulas, by the names that the parser gives them. */
export const OPERATORS: ReadonlyMap<string, Operation> = new Map([
  ['add', growing(2, (a, b) => a + b)],
  [
    'subtract',
    numeric(
      2,
      (a, b) => a - b,
      (a, b) => sum(a, negated(b)),
    ),
  ],
  ['multiply', numeric(2, (a, b) => a * b, product)],
  ['divide', numeric(2, (a, b) => a / b)],
  ['pow', numeric(2, (a, b) => a ** b)],
  ['unaryPlus', growing(1, (a) => a)],
  ['unaryMinus', numeric(1, (a) => -a, negated)],
  ['smaller', comparison((a, b) => a < b)],
  ['larger', comparison((a, b) => a > b)],
  ['smallerEq', comparison((a, b) => a <= b)],
  ['largerEq', comparison((a, b) => a >= b)],
  ['equal', comparison((a, b) => a === b)],
  ['unequal', comparison((a, b) => a !== b)],
  ['and', logical(2, (a, b) => a && b)],
  ['or', logical(2, (a, b) => a || b)],
  ['not', logical(1, (a) => 1 - a)],
]);

/**
 * The functions of formulas. `smoothMax` is log Σ exp, which lies above the maximum by at most the log of the
 * number of operands, and `smoothMin` is its mirror image.
 */
export const FUNCTIONS: ReadonlyMap<string, Operation> = new Map([
  ['min', growing(2, Math.min, Infinity)],
  ['max', growing(2, Math.max, Infinity)],
  [
    'smoothMin',
    growing(2, (...values) => -logSumExp(Float64Array.from(values, (value) => -value)), Infinity),
  ],
  ['smoothMax', growing(2, (...values) => logSumExp(Float64Array.from(values)), Infinity)],
  ['abs', numeric(1, Math.abs, magnitude)],
  ['clip', growing(3, (value, low, high) => Math.min(Math.max(value, low), high))],
]);

function numeric(count: number, apply: Operation['apply'], enclose?: Enclose): Operation {
  return { takes: 'number', gives: 'number', fewest: count, most: count, apply, enclose };
}

/** An operation that never falls while an operand grows. */
function growing(fewest: number, apply: Operation['apply'], most = fewest): Operation {
  return { takes: 'number', gives: 'number', fewest, most, apply, enclose: increasing(apply) };
}

function comparison(holds: (a: number, b: number) => boolean): Operation {
  return {
    takes: 'number',
    gives: 'truth',
    fewest: 2,
    most: 2,
    apply: (a, b) => Number(holds(a, b)),
    enclose: () => EITHER,
  };
}

function logical(count: number, apply: Operation['apply']): Operation {
  return { takes: 'truth', gives: 'truth', fewest: count, most: count, apply, enclose: () => EITHER };
}
