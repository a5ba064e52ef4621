import { TemplateError } from './template-error.js';
import type { Named, Value } from './values.js';

/**
 * The arguments of a call by the parameters they are for, in their order; `undefined` for those not given.
 *
 * @throws TemplateError for too many, unknown or doubled ones
 */
export function bind(
  name: string,
  parameters: readonly string[],
  positional: readonly Value[],
  named: Named,
): (Value | undefined)[] {
  if (positional.length > parameters.length) throw new TemplateError(`${name} takes fewer arguments`);
  for (const key of named.keys())
    if (parameters.indexOf(key) < positional.length)
      throw new TemplateError(`${name} takes no argument ${key}`);
  return parameters.map((parameter, i) => (i < positional.length ? positional[i] : named.get(parameter)));
}
