import { complaintOf, describeValue } from '../complaint-of.js';
import { checkDefinition } from '../plugin/definition.js';
import { checkVersion, fieldsOf, isSealed, seal } from '../plugin/check-plugin.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import type { ExtensionPoint } from './extension-point.js';
import { HalfspaceError } from '../errors.js';

/** Adds a value at an extension point. It is checked there and then. */
export type Register = <T>(point: ExtensionPoint<T>, value: T) => void;

/** What adds to Halfspace: a plain object that binds values at extension points. */
export interface PluginModule {
  /** Version of its contract that it was made for; `definePluginModule` fills it in. */
  readonly specificationVersion: (typeof SPECIFICATION_VERSIONS)['module'];
  /** What messages call it: the name of its package, mostly. */
  readonly name: string;
  /** Binds what the module adds. It answers at once; what takes time belongs in what is bound. It may be called more than once. */
  bind(register: Register): void;
}

/** What an author writes to declare a module. */
export type PluginModuleDefinition = Omit<PluginModule, 'specificationVersion'>;

/** Names of packages, and of files without their endings. */
const NAME = /^(@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*$/i;

/**
 * Declares a module: model families, sources of models, methods, judges, suites and attributes that an app adds.
 *
 * ```js
 * export default definePluginModule({
 *   name: '@acme/judges',
 *   bind(register) {
 *     register(JUDGE, { name: 'brevity', create: () => brevity });
 *   },
 * });
 * ```
 *
 * @throws HalfspaceError `bad-module` when the definition is no object, the name is none of a package, or `bind` is no function
 */
export function definePluginModule(definition: PluginModuleDefinition): PluginModule {
  checkDefinition('module', definition);
  const { name } = definition;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new HalfspaceError(
      'bad-module',
      `"${describeValue(name)}" cannot be the name of a module: use that of its package, such as "@acme/judges".`,
    );
  }
  if (typeof definition.bind !== 'function') {
    throw new HalfspaceError('bad-module', `The module "${name}" needs a function bind.`);
  }
  return seal('module', {
    specificationVersion: SPECIFICATION_VERSIONS.module,
    name,
    bind: (register: Register) => definition.bind(register),
  });
}

/**
 * Refuses what is no module, or one for another version.
 *
 * @throws HalfspaceError `bad-module`, `contract-mismatch`
 */
export function checkPluginModule(value: unknown): asserts value is PluginModule {
  const { version, name, sealed } = lookAt(value);
  const label = typeof name === 'string' ? `module "${describeValue(name)}"` : 'module';
  checkVersion('module', label, version);
  if (sealed) return;
  throw new HalfspaceError(
    'bad-module',
    `The ${typeof name === 'string' ? label : `module ${describeValue(value)}`} was not made by definePluginModule, which checks it. Give what definePluginModule returns, and no copy of it.`,
  );
}

function lookAt(value: unknown): { version: unknown; name: unknown; sealed: boolean } {
  try {
    const { specificationVersion: version, name } = fieldsOf(value);
    return { version, name, sealed: isSealed('module', value) };
  } catch (cause) {
    throw new HalfspaceError('bad-module', `A module cannot be looked at: ${complaintOf(cause)}.`, { cause });
  }
}
