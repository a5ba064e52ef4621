import { chars, choice, oneOf, optional, repeat, type Rule, sequence, text } from '../rule/rule.js';
import { type Bounds, integers, MOST_DIGITS } from './integers.js';
import { ceilDivide, multiples } from './multiples.js';
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
  return step === 1n ? integers(bounds) : multiples(bounds, step);
}

/** Numbers as a schema bounds them: whole ones, and those of a few decimals. */
export function numberRule(schema: SchemaObject, refuse: Refuse): Rule {
  const { multipleOf } = schema;
  if (multipleOf !== undefined)
    return isHalved(multipleOf) ? fractions(schema, multipleOf, refuse) : integerRule(schema, refuse);
  if (!isBounded(schema)) return ANY_NUMBER;
  const finest = Math.max(DECIMALS, ...BOUNDS.map((name) => decimalOf(schema[name], refuse)?.scale ?? 0));
  if (finest > MOST_DECIMALS) refuse(`has a bound of more than ${MOST_DECIMALS} decimals`);
  return choice(integers(boundsAt(schema, 0, refuse)), integers(boundsAt(schema, finest, refuse), finest));
}

const BOUNDS = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'] as const;

function isBounded(schema: SchemaObject): boolean {
  return BOUNDS.some((name) => schema[name] !== undefined);
}

function stepOf({ multipleOf }: SchemaObject, refuse: Refuse): bigint {
  if (multipleOf === undefined) return 1n;
  const step = decimalOf(multipleOf, refuse);
  if (step === undefined || step.scale > 0 || step.digits <= 0n)
    refuse(
      'has a multipleOf that is neither a whole number above 0 nor one of 0.5, 0.25 and the like: of other fractions, such as 0.1, there are no exact multiples in floating point',
    );
  return step.digits;
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

/** Fractions of which multiples are exact: a validator that divides finds no remainder. */
function isHalved(step: unknown): step is number {
  return typeof step === 'number' && step > 0 && !Number.isInteger(step) && Number.isInteger(step * 8);
}

/** Multiples of 0.5, 0.25, 0.125 and of whole numbers of these. */
function fractions(schema: SchemaObject, step: number, refuse: Refuse): Rule {
  const scale = decimalOf(step, refuse)?.scale ?? 0;
  const bounds = boundsAt(schema, scale, refuse);
  return multiples(bounds, BigInt(step * 10 ** scale), scale);
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
