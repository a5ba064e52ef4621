import type { Attribute } from '@halfspace/contracts';
import { loadOptionsCheck, weightsOf } from './check-options.js';
import { readFormula } from '../formula/read-formula.js';
import type { AnyGenerateOptions } from './options.js';
import { tabulate } from './weight-tables.js';

/** More steps than that depend on the model's context. */
const MOST_STEPS = 2 ** 17;

/**
 * Refuses what `generate` would refuse, as far as that can be known without a model: options, formulas and schedules.
 * For programs that load a model only then.
 *
 * @typeParam Name - Names of the attributes; leave it to be inferred.
 * @param attributes - Those that the request may be about.
 * @throws HalfspaceError `bad-option`, `bad-filter`, `contract-mismatch`, `formula-invalid`
 */
export async function checkRequest<Name extends string>(
  options: AnyGenerateOptions<NoInfer<Name>>,
  attributes: readonly Attribute<Name>[],
): Promise<void>;
export async function checkRequest(
  options: AnyGenerateOptions,
  attributes: readonly Attribute[],
): Promise<void> {
  const checked = (await loadOptionsCheck())(options);
  const { formula, maxTokens } = checked;
  const names = attributes.map(({ name }) => name);
  if (formula !== undefined) await readFormula(formula, names);
  for (const weights of weightsOf(checked)) {
    await tabulate(weights, Math.min(maxTokens, MOST_STEPS), maxTokens);
  }
}
