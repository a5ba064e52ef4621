import { byFormula, formulaStepOf } from '../bonus/step-bonus.js';
import { marginsOf } from '../margins/margins-of.js';
import { runningMeans } from '../margins/margin-record.js';
import type { StepSettings, WeightedStep } from '../stages.js';
import { boundBonus, type BonusBounds } from './bonus-bounds.js';
import { pessimisticMargins, predictMargins } from './predict-margins.js';

/**
 * What is known of bonuses before look-ahead, where they are capped or by a formula that has a ceiling; undefined where
 * nothing is.
 *
 * @param company - How many completions share a call.
 */
export function boundsOf(
  { text, reference, weighted }: WeightedStep,
  settings: StepSettings,
  company: number,
): BonusBounds | undefined {
  const { attributes, formula, tokenizer, options } = settings;
  const { steering } = text.prompt;
  const by = steering.byFormula ? formula : undefined;
  const ceiling = by?.ceilingAt(formulaStepOf(text, settings)) ?? Infinity;
  if (!steering.capped && ceiling === Infinity) return undefined;
  const weights = weighted.map(({ weight }) => weight);
  const known = { margins: marginsOf(text.state, attributes), runningMeans: runningMeans(text.margins) };
  const likely = predictMargins(attributes, reference.tokens, tokenizer.endTokens, known);
  const expected = pessimisticMargins(likely, weights, company);
  if (by === undefined) return boundBonus(expected, weights, reference.tokens.length, options.cap);
  const bonus = byFormula(by, expected, text, settings, reference.tokens.length);
  return { expected: bonus, ceiling: bonus.map(() => ceiling) };
}
