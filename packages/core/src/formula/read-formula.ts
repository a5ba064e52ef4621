import { HalfspaceError } from '@halfspace/contracts';
import { compile, type Formula } from './compile.js';
import { parse } from './parse.js';

/**
 * Reads a formula of margins.
 *
 * @param known - Attributes that it may name; it has to name one of them.
 * @throws HalfspaceError `formula-invalid`, pointing at the place
 */
export async function readFormula(text: string, known: readonly string[]): Promise<Formula> {
  const source = { what: 'The formula', text };
  const formula = compile(await parse(source), source, known);
  if (formula.attributes.length > 0) return formula;
  throw new HalfspaceError('formula-invalid', `The formula "${text}" names no attribute: it steers nowhere.`);
}

/**
 * Reads a schedule, which is a formula that takes no margins, and tabulates it.
 *
 * @param name - Of the attribute whose weight it is, for messages.
 * @param steps - Number of steps.
 * @param maxTokens - What `progress` is a share of.
 * @returns The weight of each step, finite.
 * @throws HalfspaceError `formula-invalid`
 */
export async function readSchedule(
  name: string,
  text: string,
  steps: number,
  maxTokens: number,
): Promise<Float64Array> {
  const source = { what: `The weight of "${name}"`, text };
  const { valueAt } = compile(await parse(source), source, []);
  const table = Float64Array.from({ length: steps }, (_, step) =>
    valueAt({ margins: [], step, progress: step / maxTokens }),
  );
  const wrong = table.findIndex((weight) => !Number.isFinite(weight));
  if (wrong < 0) return table;
  throw new HalfspaceError(
    'formula-invalid',
    `${source.what}, "${text}", is ${table[wrong]} at step ${wrong} (from 0). Write it so that it is finite in every step.`,
  );
}
