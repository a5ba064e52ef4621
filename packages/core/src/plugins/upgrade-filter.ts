import { checkPlugin, type Filter, type FilterV1, SPECIFICATION_VERSIONS } from '@halfspace/contracts';
import { fieldsOf, versionOf } from '@halfspace/contracts/internal';

/**
 * A filter of the current version: as it is, or what stands before one of the version before it, which judges texts.
 *
 * @throws HalfspaceError `contract-mismatch` for any other version, `bad-filter` for what `defineFilter` did not make
 */
export function upgradeFilter(filter: Filter | FilterV1): Filter {
  checkPlugin('filter', filter);
  if (versionOf(fieldsOf(filter)) === SPECIFICATION_VERSIONS.filter) return filter as Filter;
  const old = filter as FilterV1;
  return {
    specificationVersion: SPECIFICATION_VERSIONS.filter,
    name: old.name,
    allows: (step) => old.allows(step),
  };
}
