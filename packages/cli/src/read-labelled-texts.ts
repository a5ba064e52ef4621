import { HalfspaceError } from '@halfspace/core';
import type { LabelledText } from '@halfspace/subspace';
import { atPlace } from './at-place.js';
import type { LabelRecipe } from './label-recipe.js';
import { optionalTextOf, readRows, textOf, type Row } from './rows.js';

/** Rows to fit on. */
export interface LabelledTexts {
  readonly texts: readonly LabelledText[];
  /** How many rows were left out: on neither side, or with an empty response. */
  readonly leftOut: number;
}

/**
 * Reads rows with `prompt`, `response` and a label from files of JSON lines, one after the other.
 *
 * @param group - Column of groups; by default `group` where a row has it, else the row is its own group.
 * @throws HalfspaceError as {@link readRows}, and `no-data` when no row is on either side
 */
export async function readLabelledTexts(
  paths: readonly string[],
  labelOf: LabelRecipe,
  group: string | undefined,
  signal?: AbortSignal,
): Promise<LabelledTexts> {
  const texts: LabelledText[] = [];
  let leftOut = 0;
  for (const path of paths) {
    for (const row of await readRows(path, signal)) {
      const label = labelAt(row, labelOf);
      if (label === undefined || row.values['response'] === '') leftOut++;
      else texts.push({ ...textsOf(row), label, group: groupOf(row, group) });
    }
  }
  if (texts.length > 0) return { texts, leftOut };
  throw new HalfspaceError(
    'no-data',
    `None of the ${leftOut} rows is on either side. Say which labels count with --desired and --undesired.`,
  );
}

function labelAt({ values, place }: Row, labelOf: LabelRecipe): 0 | 1 | undefined {
  try {
    return labelOf(values);
  } catch (error) {
    throw atPlace(place, error);
  }
}

function textsOf(row: Row): Pick<LabelledText, 'prompt' | 'response'> {
  return { prompt: optionalTextOf(row, 'prompt'), response: textOf(row, 'response') };
}

function groupOf({ values, place }: Row, column: string | undefined): string {
  const value = values[column ?? 'group'];
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (column === undefined && value === undefined) return place;
  throw new HalfspaceError(
    'bad-row',
    `${place}: the group "${column ?? 'group'}" is ${value === undefined ? 'missing' : 'neither text nor number'}.`,
  );
}
