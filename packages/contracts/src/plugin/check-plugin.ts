import { describeValue } from '../complaint-of.js';
import { HalfspaceError } from '../errors.js';
import { type SpecifiedKind, spokenVersions, versionOf } from '../specification-version.js';

/** What marks an object as made by a `define` function, in whichever copy of core. */
const MADE = Symbol.for('@halfspace/core/made');

/** Kinds of plugin that have a `define` function. */
export type PluginKind = 'attribute' | 'filter' | 'judge';

/** Marks a plugin, or a module of them, as checked and freezes it. A copy of it is a plugin no more. */
export function seal<T extends object>(kind: PluginKind | 'module', plugin: T): Readonly<T> {
  return Object.freeze(Object.defineProperty(plugin, MADE, { value: kind }));
}

/** Whether something was marked so. */
export function isSealed(kind: PluginKind | 'module', value: unknown): boolean {
  return fieldsOf(value)[MADE] === kind;
}

/**
 * Refuses an object that is no plugin, or one for another version of the contracts.
 *
 * @throws HalfspaceError `contract-mismatch`; `bad-attribute`, `bad-filter` or `bad-judge` for an object that was
 * not made by `defineAttribute`, `defineFilter` or `defineJudge`
 */
export function checkPlugin(kind: PluginKind, plugin: unknown): void {
  const fields = fieldsOf(plugin);
  const { name, [MADE]: made } = fields;
  const label = typeof name === 'string' ? `${kind} "${name}"` : kind;
  checkVersion(kind, label, versionOf(fields));
  if (made === kind) return;
  const maker = { attribute: 'defineAttribute', filter: 'defineFilter', judge: 'defineJudge' }[kind];
  const given = typeof name === 'string' ? label : `${kind} ${describeValue(plugin)}`;
  throw new HalfspaceError(
    `bad-${kind}`,
    `The ${given} was not made by ${maker}, which checks it. Give what ${maker} returns, and no copy of it.`,
  );
}

/**
 * Refuses what was made for a version of its contract that is not spoken. What says none is left to other checks.
 *
 * @param label - What it is, for messages.
 * @param version - What {@link versionOf} says.
 * @throws HalfspaceError `contract-mismatch`, saying which versions are spoken
 */
export function checkVersion(kind: SpecifiedKind, label: string, version: unknown): void {
  const spoken = spokenVersions(kind);
  if (typeof version !== 'number' || spoken.includes(version)) return;
  const outdated =
    version > Math.max(...spoken) ? '@halfspace/core' : `the package that the ${label} comes from`;
  throw new HalfspaceError(
    'contract-mismatch',
    `The ${label} was made for version ${version} of the Halfspace contracts for ${NAMES[kind]}, and this @halfspace/core speaks ` +
      `version${spoken.length > 1 ? 's' : ''} ${spoken.join(' and ')}. Update ${outdated}.`,
  );
}

/** What messages call things of a kind. */
const NAMES: Readonly<Record<SpecifiedKind, string>> = {
  backend: 'backends',
  attribute: 'attributes',
  filter: 'filters',
  judge: 'judges',
  module: 'plugin modules',
};

/** The fields of an object; of anything else none. */
export function fieldsOf(value: unknown): Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>) : {};
}
