import type { LabelledText } from '@halfspace/subspace';
import { knownAttributes } from './known-attributes.js';
import { openLabelledTexts } from './labelled-texts.js';
import { columnRecipe, saysLabels, type LabelRecipe } from './label-recipe.js';
import type { DataFlags } from './options/data.js';
import { note } from './output.js';

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

async function recipeOf(attribute: string, flags: DataFlags): Promise<LabelRecipe> {
  if (saysLabels(flags)) return columnRecipe(flags);
  const { byName } = await knownAttributes();
  return byName.get(attribute)?.labelOf ?? columnRecipe(flags);
}
