import type { Comparison, Operator } from './ast.js';
import { formatPercent } from './format.js';
import { notRendered, TemplateError } from './template-error.js';
import {
  compare,
  contains,
  equals,
  exact,
  Float,
  isList,
  kindOf,
  numberOf,
  Tuple,
  Undefined,
  type Value,
} from './values.js';
import type { Work } from './work.js';

/** What two values are to each other. */
export function holds(operator: Comparison, left: Value, right: Value, work: Work): boolean {
  switch (operator) {
    case '==':
      return equals(left, right, work);
    case '!=':
      return !equals(left, right, work);
    case '<':
      return compare(left, right, work) < 0;
    case '<=':
      return compare(left, right, work) <= 0;
    case '>':
      return compare(left, right, work) > 0;
    case '>=':
      return compare(left, right, work) >= 0;
    case 'in':
      return contains(right, left, work);
    case 'not in':
      return !contains(right, left, work);
  }
}

/** A sum and the like; `+`, `*` and `%` have a meaning for texts and lists, too. */
export function operate(operator: Operator, left: Value, right: Value, work: Work): Value {
  for (const value of [left, right]) if (value instanceof Undefined) throw value.error;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined)
    return calculate(operator, a, b, left instanceof Float || right instanceof Float);
  const result =
    operator === '+'
      ? add(left, right, work)
      : operator === '*'
        ? (repeat(left, right, work) ?? repeat(right, left, work))
        : operator === '%' && typeof left === 'string'
          ? formatPercent(left, right, work)
          : undefined;
  if (result === undefined)
    throw new TemplateError(`${kindOf(left)} ${operator} ${kindOf(right)} has no meaning`);
  return result;
}

/** A value with a sign in front. */
export function withSign(sign: '+' | '-', value: Value): Value {
  if (value instanceof Undefined) throw value.error;
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`${kindOf(value)} has no sign`);
  const signed = sign === '-' ? -number : number;
  return value instanceof Float ? new Float(signed) : exact(signed);
}

function add(left: Value, right: Value, work: Work): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') {
    work.length(left.length + right.length);
    return left + right;
  }
  const joined = (a: readonly Value[], b: readonly Value[]) => {
    work.spend(a.length + b.length);
    return [...a, ...b];
  };
  if (isList(left) && isList(right)) return joined(left, right);
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple(joined(left.items, right.items));
  return undefined;
}

function repeat(value: Value, times: Value, work: Work): Value | undefined {
  if (typeof times !== 'number' && typeof times !== 'boolean') return undefined;
  const count = Math.max(0, Number(times));
  if (typeof value === 'string') {
    work.text(value.length * count);
    return value.repeat(value === '' ? 0 : count);
  }
  const items = isList(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (items === undefined) return undefined;
  work.spend(items.length * count);
  const repeated = items.length === 0 ? [] : Array.from({ length: count }, () => items).flat();
  return isList(value) ? repeated : new Tuple(repeated);
}

function calculate(operator: Operator, a: number, b: number, isFloat: boolean): Value {
  if (b === 0 && /^[/%]/.test(operator)) throw new TemplateError('A number is divided by zero');
  const number = (value: number) => (isFloat ? new Float(value) : exact(value));
  switch (operator) {
    case '+':
      return number(a + b);
    case '-':
      return number(a - b);
    case '*':
      return number(a * b);
    case '/':
      return new Float(a / b);
    case '//':
      return number(Math.floor((a - modulo(a, b)) / b + 0.5));
    case '%':
      return number(modulo(a, b));
    case '**':
      return power(a, b, isFloat);
  }
}

/** The rest of a division, with the sign of what is divided by. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

/** Powers that are exact here; of all others the last digit may be another than Python's. */
function power(a: number, b: number, isFloat: boolean): Value {
  if (a === 0 && b < 0) throw new TemplateError('A number is divided by zero');
  if (!isFloat && b >= 0) {
    // Bases of one digit stay as they are, so that any exponent is quick.
    if (Math.abs(a) > 1 && b > 53) throw notRendered('An integer above 2^53');
    return exact(Number(BigInt(a) ** BigInt(b)));
  }
  const roots: ReadonlyMap<number, (base: number) => number> = new Map([
    [0, () => 1],
    [1, (base) => base],
    [2, (base) => base * base],
    [-1, (base) => 1 / base],
    [0.5, Math.sqrt],
  ]);
  const raise = roots.get(b);
  if (raise === undefined || (b === 0.5 && !(a >= 0))) throw notRendered('A power with such an exponent');
  return new Float(raise(a));
}
