import { holds } from './operators.js';
import { isLower, isUpper } from './strings.js';
import { notRendered, TemplateError } from './template-error.js';
import { print } from './text.js';
import {
  Callable,
  compare,
  contains,
  Float,
  isDict,
  isList,
  kindOf,
  Lazy,
  Loop,
  Markup,
  numberOf,
  Tuple,
  Undefined,
  View,
  type Value,
} from './values.js';
import type { Work } from './work.js';

type Test = (value: Value, args: readonly Value[], work: Work) => boolean;

function rest(value: Value, by: Value): number {
  if (value instanceof Undefined) throw value.error;
  const [number, divisor] = [numberOf(value), numberOf(by)];
  if (number === undefined || divisor === undefined || divisor === 0)
    throw new TemplateError(`${kindOf(value)} has no rest`);
  return Math.abs(number % divisor);
}

function isSame(value: Value, other: Value): boolean {
  const isPlain = (each: Value) => typeof each === 'string' || typeof each === 'number';
  if (isPlain(value) && isPlain(other)) throw notRendered('Whether texts or numbers are one and the same');
  return value === other;
}

const isSized = (value: Value) =>
  typeof value === 'string' ||
  value instanceof Undefined ||
  value instanceof Tuple ||
  value instanceof Markup ||
  isList(value) ||
  isDict(value);

/** How many arguments a test takes is the second of each. */
const TESTS: Readonly<Record<string, readonly [test: Test, args: number]>> = {
  boolean: [(value) => typeof value === 'boolean', 0],
  callable: [
    (value) =>
      value instanceof Callable || value instanceof Undefined || (value instanceof Loop && !!value.call),
    0,
  ],
  defined: [(value) => !(value instanceof Undefined), 0],
  divisibleby: [(value, [by = null]) => rest(value, by) === 0, 1],
  escaped: [(value) => value instanceof Markup, 0],
  even: [(value) => rest(value, 2) === 0, 0],
  false: [(value) => value === false, 0],
  float: [(value) => value instanceof Float, 0],
  in: [(value, [container = null], work) => contains(container, value, work), 1],
  integer: [(value) => typeof value === 'number', 0],
  iterable: [
    (value) => isSized(value) || value instanceof View || value instanceof Lazy || value instanceof Loop,
    0,
  ],
  lower: [(value, _, work) => isLower(print(value, work), work), 0],
  mapping: [isDict, 0],
  none: [(value) => value === null, 0],
  number: [(value) => numberOf(value) !== undefined, 0],
  odd: [(value) => rest(value, 2) === 1, 0],
  sameas: [(value, [other = null]) => isSame(value, other), 1],
  sequence: [(value) => isSized(value) || (value instanceof View && value.kind === 'range'), 0],
  string: [(value) => typeof value === 'string' || value instanceof Markup, 0],
  true: [(value) => value === true, 0],
  undefined: [(value) => value instanceof Undefined, 0],
  upper: [(value, _, work) => isUpper(print(value, work), work), 0],
};

const COMPARISONS = {
  eq: '==',
  equalto: '==',
  ge: '>=',
  greaterthan: '>',
  gt: '>',
  le: '<=',
  lessthan: '<',
  lt: '<',
  ne: '!=',
} as const;

const SIGNS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Whether a template can use a test of this name. */
export function isTest(name: string): boolean {
  return Object.hasOwn(TESTS, name) || Object.hasOwn(COMPARISONS, name) || SIGNS.has(name);
}

/**
 * Whether a test holds of a value.
 *
 * @throws TemplateError
 */
export function test(name: string, value: Value, args: readonly Value[], work: Work): boolean {
  work.text(name.length);
  const sign = SIGNS.has(name)
    ? (name as '==')
    : Object.hasOwn(COMPARISONS, name)
      ? COMPARISONS[name as keyof typeof COMPARISONS]
      : undefined;
  const entry: readonly [Test, number] | undefined =
    sign !== undefined
      ? [(one, [other = null]) => ordered(sign, one, other, work), 1]
      : Object.hasOwn(TESTS, name)
        ? TESTS[name]
        : undefined;
  if (entry === undefined) throw new TemplateError(`There is no test ${name}`);
  if (args.length !== entry[1]) throw new TemplateError(`The test ${name} takes ${entry[1]} arguments`);
  return entry[0](value, args, work);
}

function ordered(sign: '==' | '!=' | '<' | '<=' | '>' | '>=', one: Value, other: Value, work: Work): boolean {
  if (sign !== '==' && sign !== '!=') compare(one, other, work);
  return holds(sign, one, other, work);
}
