import type { DataReport, Rows } from '@halfspace/subspace';
import { amount } from './amount.js';
import { errColours } from './colours.js';
import type { FitFlags } from './commands/fit.js';
import { gatherByPrompt } from './gather-by-prompt.js';
import { arePairs, openLabelledTexts } from './labelled-texts.js';
import { note } from './output.js';
import { recipeOf } from './recipe-of.js';

/** Rows to fit on, as the flags say. */
export interface FitData {
  readonly rows: Rows;
  /** How many the last reading left out. */
  leftOut(): number;
}

/**
 * Opens the rows of a fit.
 *
 * @throws HalfspaceError as `openLabelledTexts`
 */
export async function openFitData(flags: FitFlags, signal: AbortSignal): Promise<FitData> {
  const texts = openLabelledTexts(flags.data, flags, await recipeOf(flags.attribute, flags, note), signal);
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
