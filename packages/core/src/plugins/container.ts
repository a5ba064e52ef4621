import type { Container, ServiceIdentifier } from 'inversify';
import {
  type Attribute,
  ATTRIBUTE,
  type Backend,
  type BackendV1,
  checkPlugin,
  describeValue,
  type ExtensionPoint,
  HalfspaceError,
  type PluginModule,
} from '@halfspace/contracts';
import { fieldsOf } from '@halfspace/contracts/internal';
import { bindModule, distinctModules, type Binding } from './bind-modules.js';
import { assemble, type Halfspace } from '../create-halfspace.js';
import { loadOptionsCheck } from '../options/check-options.js';
import { didYouMean } from '../text/nearest.js';
import type { EngineLimits } from '../decode/engine-limits.js';
import { engineOf } from '../decode/shared-engine.js';
import type { Registry } from './registry.js';
import { upgradeBackend } from './upgrade-backend.js';

const BACKEND: ServiceIdentifier<Backend> = Symbol('Backend');
const HALFSPACE: ServiceIdentifier<Halfspace> = Symbol('Halfspace');

/**
 * The parts of a {@link Halfspace}.
 *
 * @typeParam Name - Names of the attributes.
 * @typeParam Modules - The modules; those that there are may have attributes of any name.
 */
export interface HalfspaceParts<
  Name extends string = string,
  Modules extends readonly PluginModule[] = readonly PluginModule[],
> {
  /** Runs the model; made by a backend package such as `@halfspace/backend-onnx`. */
  readonly backend: Backend | BackendV1;
  /** Values that completions can be steered towards or measured by (default: none). */
  readonly attributes?: readonly Attribute<Name>[];
  /** Modules whose attributes may be used besides (default: none). */
  readonly modules?: Modules;
  /**
   * How much of the backend is used at once. They hold for all who share it: the latest that were given count.
   *
   * @beta
   */
  readonly limits?: Partial<EngineLimits>;
}

/** Names of the attributes that can be used: what modules add is known when they are bound, and not before. */
export type NamesOf<
  Name extends string,
  Modules extends readonly PluginModule[],
> = Modules extends readonly [] ? Name : string;

/**
 * The composition root: the one place where plugins are wired.
 *
 * The container and the validator of options are loaded with the first call, so that importing types and functions costs little.
 *
 * The names of the attributes are part of what it makes, so that a misspelt one in the options does not compile: where they are known, as
 * `defineAttribute` keeps them. A list that is typed as plain `Attribute[]` takes any name, and so do modules, whose
 * attributes are known when they are bound and not before.
 *
 * @typeParam Name - Names of the attributes; leave it to be inferred.
 * @typeParam Modules - The modules; leave it to be inferred.
 * @param parts - A backend, and the attributes that may be used with it.
 * @throws HalfspaceError `contract-mismatch` when a plugin is for another version of the contracts,
 * `bad-backend` for an object that is no backend, `bad-attribute` for one that `defineAttribute` did not
 * make, and when two attributes have one name; `bad-option` for a limit that is none; as {@link createRegistry} for modules.
 */
export async function createHalfspace<
  Name extends string = never,
  Modules extends readonly PluginModule[] = readonly [],
>(parts: HalfspaceParts<Name, Modules>): Promise<Halfspace<NamesOf<Name, Modules>>> {
  const { backend, attributes = [], modules = [], limits } = fieldsOf(parts) as unknown as HalfspaceParts;
  const current = upgradeBackend(backend);
  if (!Array.isArray(attributes)) {
    throw new HalfspaceError(
      'bad-attribute',
      `attributes is ${describeValue(attributes)}; give a list of attributes.`,
    );
  }
  for (const attribute of attributes) checkPlugin('attribute', attribute);
  if (limits !== undefined) engineOf(current).limit(limits);
  const given = [...attributes];
  const [{ container, registry }, check] = await Promise.all([wire(modules), loadOptionsCheck()]);
  container.bind(BACKEND).toConstantValue(current);
  container
    .bind(HALFSPACE)
    .toDynamicValue((context) =>
      assemble(context.get(BACKEND), [...given, ...registry.all(ATTRIBUTE)], check),
    );
  return container.get(HALFSPACE) as Halfspace<NamesOf<Name, Modules>>;
}

/**
 * Wires modules: whatever is looked up by a name is looked up in what this makes.
 *
 * @param modules - In the order of {@link Registry.all}; the same one twice counts once.
 * @throws HalfspaceError `bad-module` for what `definePluginModule` did not make, where two modules have one name, two of one
 * name are bound at a point, or what is bound is not of the point's shape; `contract-mismatch` for a module of another version;
 * `plugin-failed` when one throws something of its own; by its code what the check of a point throws
 */
export async function createRegistry(modules: readonly PluginModule[]): Promise<Registry> {
  return (await wire(modules)).registry;
}

async function wire(modules: readonly PluginModule[]): Promise<{ container: Container; registry: Registry }> {
  const distinct = distinctModules(modules);
  // Inversify needs what this adds to `Reflect`.
  await import('reflect-metadata');
  const { Container, ContainerModule } = await import('inversify');
  const container = new Container();
  const known = new Map<string, Binding>();
  for (const module of distinct) {
    container.load(
      new ContainerModule(({ bind }) =>
        bindModule(module, (binding) => {
          refuseSecond(binding, known);
          bind<Binding>(binding.key).toConstantValue(binding);
        }),
      ),
    );
  }
  return { container, registry: registryOf(container, distinct) };
}

function refuseSecond(binding: Binding, known: Map<string, Binding>): void {
  const { key, what, name, module } = binding;
  const which = `${String(key)} ${name}`;
  const first = known.get(which);
  if (first !== undefined) {
    throw new HalfspaceError(
      'bad-module',
      first.module === module
        ? `It binds two ${what}s named "${name}". Keep one, or rename one.`
        : `It binds the ${what} "${name}", and so does the module "${first.module}". Leave out one of the two modules, or rename what it binds.`,
    );
  }
  known.set(which, binding);
}

function registryOf(container: Container, modules: readonly PluginModule[]): Registry {
  const bindings = (key: symbol) => container.getAll<Binding>(key, { optional: true });
  return Object.freeze<Registry>({
    modules: Object.freeze(modules),
    all: <T>({ key }: ExtensionPoint<T>) => bindings(key).map(({ value }) => value as T),
    names: ({ key }) => bindings(key).map(({ name }) => name),
    get<T>({ key, name: what, unknown }: ExtensionPoint<T>, name: string): T {
      const found = bindings(key).find((each) => each.name === name);
      if (found !== undefined) return found.value as T;
      const names = bindings(key).map((each) => each.name);
      const there = names.length === 0 ? 'No module has bound any.' : `There are ${names.join(', ')}.`;
      throw new HalfspaceError(
        unknown,
        `There is no ${what} ${quoted(name)}.${didYouMean(String(name), names)} ${there}`,
      );
    },
  });
}

/** Names come from files, which may hold anything. */
function quoted(name: unknown): string {
  return JSON.stringify(name) ?? String(name);
}
