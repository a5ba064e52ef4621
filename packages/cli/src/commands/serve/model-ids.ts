import { CATALOGUE } from '@halfspace/model';

/** The model where none is named. */
const DEFAULT = CATALOGUE[0].name;

/**
 * What a model is called for clients: one that is known by name has that name, and its family for short, as `smollm2`.
 *
 * @param spec - As the command line has it.
 * @returns Undefined for other models, which are called by the name that their file has for them.
 */
export function modelIds(spec = DEFAULT): string[] | undefined {
  if (!CATALOGUE.some(({ name }) => name === spec)) return undefined;
  return [...new Set([spec, spec.split('-')[0]])];
}
