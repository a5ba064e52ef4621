import { HalfspaceError } from '../errors.js';
import { CONTRACT_VERSION } from './version.js';

/** What marks an object as made by a `define` function, in whichever copy of core. */
const MADE = Symbol.for('@halfspace/core/made');

/** Kinds of plugin that have a `define` function. */
export type PluginKind = 'attribute' | 'filter' | 'judge';

/** Marks a plugin as checked and freezes it. A copy of it is a plugin no more. */
export function seal<T extends object>(kind: PluginKind, plugin: T): Readonly<T> {
  return Object.freeze(Object.defineProperty(plugin, MADE, { value: kind }));
}

/**
 * Refuses an object that is no plugin, or one for another version of the contracts.
 *
 * @throws HalfspaceError `contract-mismatch`; `bad-attribute`, `bad-filter` or `bad-judge` for an object that was
 * not made by `defineAttribute`, `defineFilter` or `defineJudge`
 */
export function checkPlugin(kind: PluginKind, plugin: unknown): void {
  const { contract, name, [MADE]: made } = fieldsOf(plugin);
  const label = typeof name === 'string' ? `${kind} "${name}"` : kind;
  checkContract(label, contract);
  if (made === kind) return;
  const maker = { attribute: 'defineAttribute', filter: 'defineFilter', judge: 'defineJudge' }[kind];
  const given = typeof name === 'string' ? label : `${kind} ${String(plugin)}`;
  throw new HalfspaceError(
    `bad-${kind}`,
    `The ${given} was not made by ${maker}, which checks it. Give what ${maker} returns, and no copy of it.`,
  );
}

const BACKEND_METHODS = ['prefill', 'next', 'lookAhead', 'logProbs', 'fork', 'release', 'dispose'];

/**
 * Refuses an object that is no backend, or one for another version of the contracts.
 *
 * @throws HalfspaceError `contract-mismatch`, `bad-backend`
 */
export function checkBackend(backend: unknown): void {
  const fields = fieldsOf(backend);
  const { name } = fieldsOf(fields['model']);
  checkContract(typeof name === 'string' ? `backend of ${name}` : 'backend', fields['contract']);
  const missing = BACKEND_METHODS.filter((method) => typeof fields[method] !== 'function');
  if (typeof fields['contract'] !== 'number') missing.unshift('contract');
  if (missing.length === 0) return;
  const advice =
    backend instanceof Promise
      ? 'It is a promise: await it.'
      : `It lacks ${missing.join(', ')}: make it with a backend package, such as @halfspace/backend-onnx.`;
  throw new HalfspaceError('bad-backend', `The backend is none. ${advice}`);
}

function checkContract(label: string, contract: unknown): void {
  if (typeof contract !== 'number' || contract === CONTRACT_VERSION) return;
  const outdated =
    contract > CONTRACT_VERSION ? '@halfspace/core' : `the package that the ${label} comes from`;
  throw new HalfspaceError(
    'contract-mismatch',
    `The ${label} was made for version ${contract} of the Halfspace contracts, and this ` +
      `@halfspace/core speaks version ${CONTRACT_VERSION}. Update ${outdated}.`,
  );
}

function fieldsOf(value: unknown): Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>) : {};
}
