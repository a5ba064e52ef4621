import { compile, type Formula } from './compile.js';
import type { FormulaSource } from './formula-source.js';
import { parse } from './parse.js';

/**
 * Reads a formula: numbers, `step`, `progress`, margins by the names of their attributes (`self-harm` is
 * written `self_harm`), `+ - * / ^`, comparisons, `and or not`, `a ? b : c` and the functions `min`, `max`,
 * `smoothMin`, `smoothMax`, `abs` and `clip`. A comparison counts as 0 or 1 where a number is needed.
 *
 * @param known - Attributes that it may name.
 * @throws HalfspaceError `formula-invalid`, pointing at the place
 */
export async function readFormula(source: FormulaSource, known: readonly string[]): Promise<Formula> {
  return compile(await parse(source), source, known);
}
