import {
  describeValue,
  HalfspaceError,
  pluginFailed,
  type PluginModule,
  type Register,
} from '@halfspace/contracts';
import { checkPluginModule, isExtensionPoint } from '@halfspace/contracts/internal';

/** A value, and who bound it. */
export interface Binding {
  /** Of the extension point. */
  readonly key: symbol;
  /** Name of the extension point. */
  readonly what: string;
  /** What the value is called by. */
  readonly name: string;
  readonly value: unknown;
  /** Name of the module. */
  readonly module: string;
}

/**
 * The modules of a list, each once: one that is given twice counts once.
 *
 * @throws HalfspaceError `bad-module` for what is none, and where two have one name; `contract-mismatch`
 */
export function distinctModules(modules: readonly unknown[]): PluginModule[] {
  if (!Array.isArray(modules)) {
    throw new HalfspaceError('bad-module', `Modules are a list; got ${describeValue(modules)}.`);
  }
  const distinct = [...new Set<unknown>(modules)];
  const names = new Set<string>();
  return distinct.map((each) => {
    checkPluginModule(each);
    if (names.has(each.name)) {
      throw new HalfspaceError(
        'bad-module',
        `Two modules are named "${each.name}". Keep one, or rename one.`,
      );
    }
    names.add(each.name);
    return each;
  });
}

/**
 * What a module binds, checked.
 *
 * @param bound - Called for each value, in order.
 * @throws HalfspaceError `bad-module`, what the check of a point throws by its code, `plugin-failed` for anything else
 */
export function bindModule(plugin: PluginModule, bound: (binding: Binding) => void): void {
  const { name: module } = plugin;
  let open = true;
  const register: Register = (point, value) => {
    if (!open) throw refused(module, 'It binds something after its bind has ended, which is too late.');
    if (!isExtensionPoint(point)) throw refused(module, `${describeValue(point)} is no extension point.`);
    const { key, name: what } = point;
    point.check(value);
    const name: unknown = point.nameOf(value);
    if (typeof name !== 'string' || name === '') {
      throw refused(module, `It binds a ${what} whose name is ${describeValue(name) || 'empty'}.`);
    }
    bound({ key, what, name, value, module });
  };
  try {
    const answer: unknown = plugin.bind(register);
    if (answer instanceof Promise) {
      // It may yet be rejected, and nobody else will hear of it.
      answer.catch(() => undefined);
      throw refused(
        module,
        'Its bind gave a promise: bind at once, and load what takes time in what is bound.',
      );
    }
  } catch (cause) {
    throw failure(module, cause);
  } finally {
    open = false;
  }
}

/** An error that names the module, once. */
function failure(module: string, cause: unknown): HalfspaceError {
  const { code, message } = pluginFailed(`module "${module}"`, cause);
  const label = `The module "${module}"`;
  const whole = message.startsWith(label) ? message : `${label} cannot be used. ${message}`;
  return new HalfspaceError(code, whole, { cause });
}

function refused(module: string, fault: string): HalfspaceError {
  return new HalfspaceError('bad-module', `The module "${module}" cannot be used. ${fault}`);
}
