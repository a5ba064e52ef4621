import type { DataReport, Rows } from '@halfspace/subspace';
import { pluralise } from '../terminal/pluralise.js';
import { errColours } from '../terminal/colours.js';
import { gatherByPrompt } from './gather-by-prompt.js';
import type { LabelFlags } from '../attributes/label-recipe.js';
import { arePairs, openLabelledTexts, type LabelledTexts, type TextColumns } from './labelled-texts.js';
import type { FitKindFlags } from '../options/fit-kind.js';
import { note } from '../terminal/output.js';
import { recipeOf } from '../attributes/recipe-of.js';

/** Rows that are not fitted or measured on. */
export interface LeftOut {
  /** Without a label. */
  readonly unlabelled: number;
  /** On neither side, or with an empty response. */
  readonly undecided: number;
}

/** What the last reading of some texts left out. */
export function leftOutOf({ leftOut, unlabelled }: LabelledTexts): LeftOut {
  return { unlabelled, undecided: leftOut - unlabelled };
}

/** Says what was left out, where there is anything. */
export function tellOfLeftOut({ unlabelled, undecided }: LeftOut): void {
  if (unlabelled > 0) note(`${pluralise(unlabelled, 'row')} without a label left out.`);
  if (undecided > 0) note(`${pluralise(undecided, 'row')} on neither side or empty left out.`);
}

/** Rows to fit on, as the flags say. */
export interface FitData {
  readonly rows: Rows;
  /** How many the last reading left out. */
  readonly leftOut: () => LeftOut;
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
  return { rows: gather ? await gatherByPrompt(texts) : texts, leftOut: () => leftOutOf(texts) };
}

/** Tells of the data before the model runs. */
export function tellOfData(
  { rows, positive, negative, groups, tokens, warnings }: DataReport,
  leftOut: LeftOut,
): void {
  const sides = [positive, negative].map((side) => Math.round(side).toLocaleString('en'));
  tellOfLeftOut(leftOut);
  note(
    `${pluralise(rows, 'row')}, ${sides[0]} desired and ${sides[1]} not, in ${pluralise(groups, 'group')}; ` +
      `${pluralise(tokens, 'token')} of responses.`,
  );
  for (const warning of warnings) note(`${errColours.yellow('warning')}: ${warning}`);
}
