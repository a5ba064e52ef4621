import { seal } from '../plugin/check-plugin.js';
import type { Filter } from './filter.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import { checkDefinition } from '../plugin/definition.js';
import { HalfspaceError } from '../errors.js';
import { checkName } from '../plugin/plugin-name.js';

/** What an author writes to declare a filter. */
export type FilterDefinition = Omit<Filter, 'specificationVersion'>;

/**
 * Declares a hard filter: what it refuses is taken out of the reference distribution before attributes
 * re-weight it. One that throws or answers wrongly ends its completion with the error `filter-failed`.
 *
 * @throws HalfspaceError `bad-filter` when the definition is no object, the name is not kebab-case or `allows` is no function.
 */
export function defineFilter(definition: FilterDefinition): Filter {
  checkDefinition('filter', definition);
  const { name } = definition;
  checkName('filter', name);
  if (typeof definition.allows !== 'function') {
    throw new HalfspaceError('bad-filter', `The filter "${name}" needs a function allows.`);
  }
  return seal('filter', {
    specificationVersion: SPECIFICATION_VERSIONS.filter,
    name,
    allows: (step: Parameters<Filter['allows']>[0]) => definition.allows(step),
  });
}
