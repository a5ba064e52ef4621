import type { DataReport, Rows } from '@halfspace/subspace';
import { amount } from './amount.js';
import { errColours } from './colours.js';
import { gatherByPrompt } from './gather-by-prompt.js';
import type { LabelFlags } from './label-recipe.js';
import { arePairs, openLabelledTexts, type TextColumns } from './labelled-texts.js';
import type { FitKindFlags } from './options/fit-kind.js';
import { note } from './output.js';
import { recipeOf } from './recipe-of.js';

/** Rows to fit on, as the flags say. */
export interface FitData {
  readonly rows: Rows;
  /** How many the last reading left out. */
  readonly leftOut: () => number;
}

/** What the flags say of rows to fit on. */
type FitDataFlags = TextColumns & LabelFlags & Pick<FitKindFlags, 'centring'>;

/**
 * Opens files with rows to fit on.
 *
 * @param attribute - Its name: it may know how to read their labels.
 * @throws HalfspaceError as `openLabelledTexts`
 */
export async function openFitData(
  attribute: string,
  paths: readonly string[],
  flags: FitDataFlags,
  signal: AbortSignal,
): Promise<FitData> {
  const texts = openLabelledTexts(paths, flags, await recipeOf(attribute, flags, note), signal);
  const gather = flags.centring === 'prompt' && !arePairs(flags);
  return { rows: gather ? await gatherByPrompt(texts) : texts, leftOut: () => texts.leftOut };
}

/** Tells of the data before the model runs. */
export function tellOfData(
  { rows, positive, negative, groups, tokens, warnings }: DataReport,
  leftOut: number,
): void {
  const sides = [positive, negative].map((side) => Math.round(side).toLocaleString('en'));
  if (leftOut > 0) note(`${amount(leftOut, 'row')} on neither side or empty left out.`);
  note(
    `${amount(rows, 'row')}, ${sides[0]} desired and ${sides[1]} not, in ${amount(groups, 'group')}; ` +
      `${amount(tokens, 'token')} of responses.`,
  );
  for (const warning of warnings) note(`${errColours.yellow('warning')}: ${warning}`);
}
