import { byFormula, formulaStepOf } from '../bonus/step-bonus.js';
import { isScoring } from '../margins/bound-attributes.js';
import { marginsOf } from '../margins/margins-of.js';
import { runningMeans } from '../margins/margin-record.js';
import type { StepSettings, WeightedStep } from '../stages.js';
import { boundBonus, type BonusBounds } from './bonus-bounds.js';
import { pessimisticMargins, predictMargins, prefetchSlack } from './predict-margins.js';

/**
 * What is known of bonuses before look-ahead, where they make q and have a ceiling; undefined where nothing is. Of margins
 * that a plugin gives nothing is known before it is asked.
 *
 * @param company - How many completions share a call.
 */
export function boundsOf(
  { text, reference, weighted }: WeightedStep,
  settings: StepSettings,
  company: number,
): BonusBounds | undefined {
  const { attributes, formula, tokenizer } = settings;
  if (!text.prompt.steering.byBonus) return undefined;
  if (weighted.some(({ counts, source }) => counts && isScoring(source))) return undefined;
  const weights = weighted.map(({ weight }) => weight);
  const known = { margins: marginsOf(text.state, attributes), runningMeans: runningMeans(text.margins) };
  const likely = predictMargins(attributes, reference.tokens, tokenizer.endTokens, known);
  const expected = pessimisticMargins(likely, weights, prefetchSlack(settings.rowCost) / company);
  if (formula === undefined) return boundBonus(expected, weighted, reference.tokens.length);
  const ceiling = formula.ceilingAt(formulaStepOf(text, settings));
  if (ceiling === Infinity) return undefined;
  const bonus = byFormula(formula, expected, text, settings, reference.tokens.length);
  return { expected: bonus, ceiling: bonus.map(() => ceiling) };
}
