import type { Formula, FormulaStep } from '../../formula/compile.js';
import { marginColumns } from '../margins/margins-of.js';
import type { OpenText, StepSettings, WeightedStep } from '../stages.js';
import { bonusOf } from './bonus.js';
import { formulaBonus } from './formula-bonus.js';

/**
 * The bonus of every candidate of a step, as far as margins are known: NaN for those that have not been run.
 *
 * @throws HalfspaceError `formula-not-finite`
 */
export function stepBonus(step: WeightedStep, settings: StepSettings): Float64Array {
  const { text, reference, distances, weighted } = step;
  const { attributes, formula, options } = settings;
  const candidates = reference.tokens.length;
  if (formula !== undefined) {
    return byFormula(formula, marginColumns(distances, attributes), text, settings, candidates);
  }
  return bonusOf(options.bonus, distances, weighted, candidates);
}

/**
 * The bonus of every candidate by a formula.
 *
 * @param margins - For each attribute of the run, those of all candidates.
 */
export function byFormula(
  formula: Formula,
  margins: readonly Float64Array[],
  text: OpenText,
  settings: StepSettings,
  candidates: number,
): Float64Array {
  const { attributes } = settings;
  const own = formula.attributes.map((name) => margins[attributes.findIndex((known) => known.name === name)]);
  return formulaBonus(formula, own, formulaStepOf(text, settings), candidates);
}

/** Where a text is, as formulas see it. */
export function formulaStepOf({ tokens }: OpenText, { options }: StepSettings): FormulaStep {
  return { step: tokens.length, progress: tokens.length / options.maxTokens };
}
