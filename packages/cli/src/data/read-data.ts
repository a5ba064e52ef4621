import type { LabelledText } from '@halfspace/subspace';
import { pluralise } from '../terminal/pluralise.js';
import { leftOutOf, tellOfLeftOut } from './fit-data.js';
import { openLabelledTexts } from './labelled-texts.js';
import type { DataFlags } from '../options/data.js';
import { note } from '../terminal/output.js';
import { recipeOf } from '../attributes/recipe-of.js';

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
  tellOfLeftOut(leftOutOf(opened));
  if (opened.leftOut > 0) note(`${pluralise(texts.length, 'row')} remain.`);
  return texts;
}
