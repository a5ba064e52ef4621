import { HalfspaceError } from '@halfspace/core';

/** One end of a scale. */
export type ScaleEnd =
  | {
      /** Up to here. */
      readonly to: number;
    }
  | {
      /** From here on. */
      readonly from: number;
    };

/** How a column of a public data set says on which side of an attribute a row is. */
export interface LabelRecipe {
  /** Column with a number from 0 to 1. */
  readonly column: string;
  /** Where the desired side is: at most `to`, or at least `from`. */
  readonly desired: ScaleEnd;
  /** Where the other side is. What is on neither side says too little and is left out. */
  readonly undesired: ScaleEnd;
}

/**
 * Tells from the columns of a row on which side it is: 1 for the desired one, 0 for the other, `undefined`
 * for neither.
 *
 * @throws HalfspaceError `bad-row` when the column is no number from 0 to 1
 */
export interface LabelOf {
  (row: Readonly<Record<string, unknown>>): 0 | 1 | undefined;
  /** The column that it reads, for those who read numbers out of texts before. */
  readonly column: string;
}

/** The function of a recipe. */
export function labelBy({ column, desired, undesired }: LabelRecipe): LabelOf {
  const labelOf = (row: Readonly<Record<string, unknown>>) => {
    const value = row[column];
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      throw new HalfspaceError(
        'bad-row',
        `A row has the ${column} ${shown(value)}; it must be a number from 0 to 1.`,
      );
    }
    if (lies(value, desired)) return 1;
    return lies(value, undesired) ? 0 : undefined;
  };
  return Object.assign(labelOf, { column });
}

/** A value of 64 bits has no JSON. */
function shown(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'of nothing');
}

function lies(value: number, side: ScaleEnd): boolean {
  return 'to' in side ? value <= side.to : value >= side.from;
}
