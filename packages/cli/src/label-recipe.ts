import { HalfspaceError } from '@halfspace/core';
import { parseCondition, type Condition } from './options/condition.js';

/**
 * Tells from the columns of a row on which side of an attribute it is: 1 for the desired one, 0 for the
 * other, `undefined` for neither.
 *
 * @throws HalfspaceError `bad-row`
 */
export type LabelRecipe = (values: Readonly<Record<string, unknown>>) => 0 | 1 | undefined;

/** What a user may say about labels. */
export interface LabelFlags {
  readonly label?: string;
  readonly desired?: Condition;
  readonly undesired?: Condition;
}

/** Whether a user says anything about labels. */
export function saysLabels({ label, desired, undesired }: LabelFlags): boolean {
  return label !== undefined || desired !== undefined || undesired !== undefined;
}

/** A recipe that compares a column of numbers: by default 1 is desired and 0 is not, in `label`. */
export function columnRecipe({
  label: column = 'label',
  desired = parseCondition('=1'),
  undesired = parseCondition('=0'),
}: LabelFlags): LabelRecipe {
  return (values) => {
    const value = numberOf(values, column);
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

function numberOf(values: Readonly<Record<string, unknown>>, column: string): number {
  const value = values[column];
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return value;
  const found = value === undefined ? 'missing' : 'no number';
  throw new HalfspaceError(
    'bad-row',
    `"${column}" is ${found}. It says on which side the row is; --label names the column.`,
  );
}
