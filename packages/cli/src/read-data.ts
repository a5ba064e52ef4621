import type { LabelledText } from '@halfspace/subspace';
import { openLabelledTexts } from './labelled-texts.js';
import type { DataFlags } from './options/data.js';
import { note } from './output.js';
import { recipeOf } from './recipe-of.js';

/**
 * Reads labelled texts of an attribute as the flags say, whose labels it knows itself if the flags say nothing
 * of them. Notes how many rows are left out.
 *
 * @throws HalfspaceError as `openLabelledTexts`
 */
export async function readData(
  attribute: string,
  paths: readonly string[],
  flags: DataFlags,
  signal: AbortSignal,
): Promise<LabelledText[]> {
  const opened = openLabelledTexts(paths, flags, await recipeOf(attribute, flags), signal);
  const texts: LabelledText[] = [];
  for await (const text of opened) texts.push(text);
  if (opened.leftOut > 0) {
    note(`${opened.leftOut} rows are on neither side or empty and are left out; ${texts.length} remain.`);
  }
  return texts;
}
