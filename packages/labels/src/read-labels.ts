import type { LabelledText } from '@halfspace/subspace';
import { readPacked, type PackedRow } from './read-packed.js';
import type { Part, SetRecipe, TextLabel, Value } from './recipes.js';
import { setsOf, type LabelSetInfo } from './values.js';

/** What is read of the labels of a value. */
export interface ReadLabelsOptions {
  /** Default `fit`. */
  readonly part?: Part;
  /**
   * - `sides`: 1 for the desired side and 0 for the other; rows on neither are left out (default).
   * - `graded`: every row, with how much of the value it has, from 0 to 1.
   */
  readonly labels?: 'sides' | 'graded';
}

/** Rows of one set, as a fit takes them. */
export interface LabelSet extends LabelSetInfo {
  /** Whether rows are single texts, or take turns: one that was preferred (label 1), then the other one (label 0). */
  readonly form: 'texts' | 'pairs';
  /** The rows. Their groups are named so that those of no two sets are the same. */
  readonly texts: readonly LabelledText[];
}

/**
 * The labelled texts of a part of a value, set by set: none where there is nothing for it. Files are read when this is
 * called, and their digests are checked.
 *
 * @throws HalfspaceError `unknown-attribute`, `bad-option`, `checksum-mismatch`, `file-not-found`
 *
 * @example
 * ```ts
 * const sets = await readLabels('nontoxic', { part: 'heldOut' });
 * console.log(sets[0].attribution.title, sets[0].texts.length);
 * ```
 */
export async function readLabels(
  value: Value,
  { part = 'fit', labels = 'sides' }: ReadLabelsOptions = {},
): Promise<readonly LabelSet[]> {
  const sets: LabelSet[] = [];
  for (const info of setsOf(value, part)) {
    const rows = await readPacked(info.file);
    sets.push({ ...info, form: info.label.form, texts: textsOf(rows, info, labels) });
  }
  return sets;
}

function textsOf(
  rows: readonly PackedRow[],
  { label, attribution }: SetRecipe,
  labels: 'sides' | 'graded',
): LabelledText[] {
  return rows.flatMap((row): LabelledText[] => {
    const prompt = String(row.prompt);
    const shared = { prompt, group: `${attribution.title}: ${String(row.group ?? prompt)}` };
    if (label.form === 'pairs') {
      return [
        { ...shared, response: String(row.chosen), label: 1 },
        { ...shared, response: String(row.rejected), label: 0 },
      ];
    }
    const degree = labels === 'graded' ? gradeOf(row, label) : sideOf(row, label);
    return degree === undefined ? [] : [{ ...shared, response: String(row.response), label: degree }];
  });
}

function gradeOf(row: PackedRow, { column, desired }: TextLabel): number {
  const value = Number(row[column]);
  return desired === 'high' ? value : 1 - value;
}

function sideOf(row: PackedRow, { column, desired, sides: [to, from] }: TextLabel): 0 | 1 | undefined {
  const value = Number(row[column]);
  if (value > to && value < from) return undefined;
  return value >= from === (desired === 'high') ? 1 : 0;
}
