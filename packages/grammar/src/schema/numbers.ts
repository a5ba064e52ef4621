import { chars, choice, oneOf, optional, repeat, type Rule, sequence, text } from '../rule/rule.js';
import { type Bounds, integers, MOST_DIGITS } from './integers.js';
import type { SchemaObject } from './schema-object.js';
import type { Refuse } from './refuse.js';

/** Decimals of numbers that have a bound, at least. */
const DECIMALS = 2;
/** And at most, those of the bounds included. */
const MOST_DECIMALS = 9;

const DIGIT = chars([0x30, 0x39]);

const ANY_INTEGER = choice(
  text('0'),
  sequence(optional(text('-')), chars([0x31, 0x39]), repeat(DIGIT, 0, MOST_DIGITS - 1)),
);

/** Small enough to be finite, however many digits it has. */
const ANY_NUMBER = sequence(
  optional(text('-')),
  choice(text('0'), sequence(chars([0x31, 0x39]), repeat(DIGIT, 0, MOST_DIGITS - 1))),
  optional(sequence(text('.'), repeat(DIGIT, 1, MOST_DIGITS))),
  optional(sequence(oneOf('eE'), optional(oneOf('+-')), repeat(DIGIT, 1, 2))),
);

/** A decimal number: `digits` · 10^−`scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Whole numbers as a schema bounds them. */
export function integerRule(schema: SchemaObject, refuse: Refuse): Rule {
  const step = stepOf(schema, refuse);
  if (!isBounded(schema) && step === 1n) return ANY_INTEGER;
  const bounds = boundsAt(schema, 0, refuse);
  return step === 1n ? integers(bounds) : multiples(bounds, step, refuse);
}

/** Numbers as a schema bounds them: whole ones, and those of a few decimals. */
export function numberRule(schema: SchemaObject, refuse: Refuse): Rule {
  if (schema['multipleOf'] !== undefined) return integerRule(schema, refuse);
  if (!isBounded(schema)) return ANY_NUMBER;
  const finest = Math.max(DECIMALS, ...BOUNDS.map((name) => decimalOf(schema[name], refuse)?.scale ?? 0));
  if (finest > MOST_DECIMALS) refuse(`has a bound of more than ${MOST_DECIMALS} decimals`);
  return choice(integers(boundsAt(schema, 0, refuse)), integers(boundsAt(schema, finest, refuse), finest));
}

const BOUNDS = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'] as const;

/** The most multiples that are written out. */
const MOST_MULTIPLES = 1000n;

function isBounded(schema: SchemaObject): boolean {
  return BOUNDS.some((name) => schema[name] !== undefined);
}

function stepOf({ multipleOf }: SchemaObject, refuse: Refuse): bigint {
  if (multipleOf === undefined) return 1n;
  const step = decimalOf(multipleOf, refuse);
  if (step === undefined || step.scale > 0 || step.digits <= 0n)
    refuse('has a multipleOf that is no whole number above 0');
  return step.digits;
}

function multiples({ min, max }: Bounds, step: bigint, refuse: Refuse): Rule {
  if (min === undefined || max === undefined || (max - min) / step > MOST_MULTIPLES) {
    refuse(`has multipleOf without a minimum and a maximum that leave at most ${MOST_MULTIPLES} numbers`);
  }
  const first = ceilDivide(min, step);
  const found: Rule[] = [];
  for (let each = first * step; each <= max; each += step) found.push(text(String(each)));
  return choice(...found);
}

/** Bounds of numbers · 10^decimals that are whole. */
function boundsAt(schema: SchemaObject, decimals: number, refuse: Refuse): Bounds {
  const bound = (name: (typeof BOUNDS)[number], round: (value: Decimal) => bigint) => {
    const value = decimalOf(schema[name], refuse);
    return value === undefined ? [] : [round(value)];
  };
  const up = (value: Decimal) => -down({ ...value, digits: -value.digits });
  const down = ({ digits, scale }: Decimal) => {
    if (scale <= decimals) return digits * 10n ** BigInt(decimals - scale);
    return -ceilDivide(-digits, 10n ** BigInt(scale - decimals));
  };
  const lows = [...bound('minimum', up), ...bound('exclusiveMinimum', (value) => down(value) + 1n)];
  const highs = [...bound('maximum', down), ...bound('exclusiveMaximum', (value) => up(value) - 1n)];
  return {
    min: lows.length === 0 ? undefined : lows.reduce((a, b) => (a > b ? a : b)),
    max: highs.length === 0 ? undefined : highs.reduce((a, b) => (a < b ? a : b)),
  };
}

function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b > 0n ? quotient + 1n : quotient;
}

/** A number as JSON writes it, exactly. */
function decimalOf(value: unknown, refuse: Refuse): Decimal | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) return refuse('has a bound that is no number');
  const [, sign, whole, decimals = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(
    String(value),
  ) as unknown as string[];
  const scale = decimals.length - Number(exponent);
  const digits = BigInt(sign + whole + decimals);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}
