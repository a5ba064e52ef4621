import { HalfspaceError } from '@halfspace/core';
import { parseCondition, type Condition } from '../options/condition.js';
import { readNumber } from '../options/number.js';
import { columnsOf } from '../data/rows.js';

/**
 * Tells from the columns of a row how much it is on the desired side of an attribute: 1 wholly, 0 not at all,
 * `undefined` when it says too little to count, `null` when it has no label.
 *
 * @throws HalfspaceError `bad-row`
 */
export type LabelRecipe = (values: Readonly<Record<string, unknown>>) => number | null | undefined;

/** What a user may say about labels. */
export interface LabelFlags {
  readonly label?: string;
  /** Column of a degree, instead of {@link LabelFlags.label}. */
  readonly score?: string;
  readonly desired?: Condition;
  readonly undesired?: Condition;
}

/** Whether a user says anything about labels. */
export function saysLabels({ label, score, desired, undesired }: LabelFlags): boolean {
  return [label, score, desired, undesired].some((flag) => flag !== undefined);
}

/**
 * The recipe that the flags ask for: sides, or degrees where there is a `score`.
 *
 * @throws HalfspaceError `bad-option`
 */
export function columnRecipe(flags: LabelFlags): LabelRecipe {
  return flags.score === undefined ? sideRecipe(flags) : degreeRecipe(flags.score, flags);
}

/** Compares a column of numbers: by default 1 is desired and 0 is not, in `label`. */
function sideRecipe({
  label: column = 'label',
  desired = parseCondition('=1'),
  undesired = parseCondition('=0'),
}: LabelFlags): LabelRecipe {
  return (values) => {
    const value = readLabel(values, column);
    if (value === null) return null;
    const sides = [desired.holds(value), undesired.holds(value)];
    if (sides[0] && sides[1]) {
      throw new HalfspaceError(
        'bad-row',
        `${value} is on both sides, "${desired.text}" and "${undesired.text}". Let --desired and --undesired exclude each other.`,
      );
    }
    if (sides[0]) return 1;
    return sides[1] ? 0 : undefined;
  };
}

/**
 * Reads a degree: the number in a column from 0 to 1, or, between the bounds of the two conditions, how far it
 * is from the undesired one to the desired one.
 */
function degreeRecipe(column: string, { desired, undesired }: LabelFlags): LabelRecipe {
  const none = undesired?.bound ?? 0;
  const whole = desired?.bound ?? 1;
  const bounded = desired !== undefined;
  if (bounded !== (undesired !== undefined) || none === whole) {
    throw new HalfspaceError(
      'bad-option',
      "Degrees need two bounds that differ, or none: --desired '<=0.2' --undesired '>=0.8', for example.",
    );
  }
  return (values) => {
    const value = readLabel(values, column);
    if (value === null) return null;
    if (!bounded && !(value >= 0 && value <= 1)) {
      throw new HalfspaceError(
        'bad-row',
        `"${column}" is ${value}. A degree is a number from 0 to 1; --desired and --undesired set other bounds.`,
      );
    }
    return Math.min(1, Math.max(0, (value - none) / (whole - none)));
  };
}

/** What programs write where there is no number, besides nothing. */
const BLANK = /^(nan|na|n\/a|null|none|)$/i;

/**
 * The number in a column: a number, true (1) or false (0), or either as a text in any case, as CSV has it; the texts yes (1)
 * and no (0), too.
 *
 * @returns `null` where the row has no label: nothing is there, or what programs write for nothing, such as `NaN`.
 * @throws HalfspaceError `bad-row` where there is no such column, and for anything else
 */
export function readLabel(values: Readonly<Record<string, unknown>>, column: string): number | null {
  const value = values[column];
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  if (value === null || Number.isNaN(value)) return null;
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return ofText(value.trim(), column);
  throw new HalfspaceError(
    'bad-row',
    value === undefined
      ? `"${column}" is missing. It says on which side the row is; --label names the column.${columnsOf(values, column)}`
      : `"${column}" is no number. It says on which side the row is; --label names the column.`,
  );
}

/** Characters that a message shows of a label. */
const MOST_SHOWN = 40;

function ofText(text: string, column: string): number | null {
  if (BLANK.test(text)) return null;
  if (/^(true|yes)$/i.test(text)) return 1;
  if (/^(false|no)$/i.test(text)) return 0;
  const number = readNumber(text);
  if (!Number.isNaN(number)) return number;
  const hint = /^[+-]?\d+,\d+$/.test(text) ? ' Decimals are written with a point.' : '';
  throw new HalfspaceError(
    'bad-row',
    `"${column}" is no number but ${JSON.stringify(text.slice(0, MOST_SHOWN))}. Labels are numbers, true or yes (1), and false or no (0).${hint}`,
  );
}
