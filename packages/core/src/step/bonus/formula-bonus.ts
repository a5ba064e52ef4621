import { HalfspaceError } from '@halfspace/contracts';
import { bounded } from './cap.js';
import type { Formula, FormulaStep } from '../../formula/compile.js';

/**
 * The bonus of every candidate by a formula; NaN where a margin is, which is not known yet.
 *
 * @param margins - For each attribute of the formula, the margins of all candidates.
 * @param candidates - Number of candidates.
 * @throws HalfspaceError `formula-not-finite`
 */
export function formulaBonus(
  formula: Formula,
  margins: readonly Float64Array[],
  { step, progress }: FormulaStep,
  candidates: number,
): Float64Array {
  return Float64Array.from({ length: candidates }, (_, candidate) => {
    const point = { margins: margins.map((column) => column[candidate]), step, progress };
    if (point.margins.some(Number.isNaN)) return NaN;
    const bonus = formula.valueAt(point);
    if (Number.isFinite(bonus)) return bounded(bonus);
    const at = formula.attributes.map((name, a) => `${name} ${point.margins[a]}`).join(', ');
    throw new HalfspaceError(
      'formula-not-finite',
      `At step ${step} (from 0) the formula is ${bonus} for candidate ${candidate} (${at}). This completion ends ` +
        'here. Write the formula so that it is finite for all margins, say with clip.',
    );
  });
}
