import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ATTRIBUTE, defineAttribute, isHalfspaceError } from '@halfspace/core';
import { valuesDirectory } from '@halfspace/model';
import { attributeAtPath, attributeOfPackage, type AttributeModule } from './attribute-module.js';
import { findConfig, isPlace, type FoundConfig } from '../config/find-config.js';
import { projectRegistry } from '../config/project-modules.js';

/** The packages of the attributes that come with the command. A further one is a further entry. */
export const INSTALLED = ['toxicity', 'helpfulness', 'truthfulness'].map(
  (name) => `@halfspace/attribute-${name}`,
);

/** The attributes that can be called by their name. */
export interface KnownAttributes {
  /** Those of the config count more than installed ones with the same name: see {@link merged}. */
  readonly byName: ReadonlyMap<string, AttributeModule>;
  /** What is wrong with those of the config that cannot be used. They harm no other. */
  readonly faults: readonly string[];
  /** Which there are and where they are from, in sentences for a message. */
  readonly summary: string;
}

/**
 * Loads the attributes that are installed with the command, bound by modules of the config, or named in it.
 *
 * @throws HalfspaceError `bad-config`; as `projectRegistry`
 */
export async function knownAttributes(): Promise<KnownAttributes> {
  const config = await findConfig();
  const bound = (await projectRegistry()).all(ATTRIBUTE).map((attribute) => ({ attribute }));
  const [made, installed, ofModules, named] = await Promise.all([
    madeHere(),
    load(INSTALLED.map(async (name) => attributeOfPackage(name, new URL(import.meta.url)))),
    load(bound.map(async (each) => Promise.resolve(each))),
    load(config === undefined ? [] : (config.attributes ?? []).map(async (each) => ofConfig(each, config))),
  ]);
  const configured = over(named, ofModules);
  const faults = [...installed.faults, ...configured.faults];
  const lists = [
    `Installed: ${namesOf(installed)}.`,
    ...(made.byName.size === 0 ? [] : [`Of your data directory: ${namesOf(made)}.`]),
    ...(config === undefined ? [] : [`${basename(config.path)} adds: ${namesOf(configured)}.`]),
  ];
  return {
    byName: over(over(configured, installed), made).byName,
    faults,
    summary: [...lists, ...faults].join(' '),
  };
}

/** Those of one place over those of another: see {@link merged}. */
function over(own: Loaded, others: Loaded): Loaded {
  const both = [...own.byName].map(([name, each]) => [name, merged(each, others.byName.get(name))] as const);
  return { byName: new Map([...others.byName, ...both]), faults: [...others.faults, ...own.faults] };
}

/**
 * An attribute of the config over an installed one of its name. It takes its place for the models that it has subspaces for; for
 * others the installed ones stay, and so does the recipe of labels where it has none. One that a function computes takes its place for all.
 */
function merged(own: AttributeModule, installed: AttributeModule | undefined): AttributeModule {
  if (installed === undefined || !('subspaces' in own.attribute)) return own;
  const { name, description, cap = 0, subspaces } = own.attribute;
  const models = new Set(subspaces.map(({ model }) => model));
  const others =
    'subspaces' in installed.attribute
      ? installed.attribute.subspaces.filter(({ model }) => !models.has(model))
      : [];
  return {
    ...installed,
    ...own,
    attribute:
      others.length === 0
        ? own.attribute
        : defineAttribute({ name, description, cap, subspaces: [...subspaces, ...others] }),
  };
}

/**
 * What was made here for some model. An attribute of such a name has no subspaces of its own: the backend brings those that there are
 * for its model.
 */
async function madeHere(): Promise<Loaded> {
  const root = valuesDirectory();
  const models = await readdir(root).catch(() => []);
  if (models.length === 0) return { byName: new Map(), faults: [] };
  const { valueNamesIn } = await import('@halfspace/subspace');
  const names = await Promise.all(models.map(async (model) => valueNamesIn(join(root, model))));
  const modules = [...new Set(names.flat())].map((name): [string, AttributeModule] => [
    name,
    { attribute: defineAttribute({ name, description: `text with the value "${name}"`, subspaces: [] }) },
  ]);
  return { byName: new Map(modules), faults: [] };
}

async function ofConfig(source: string, { path }: FoundConfig): Promise<AttributeModule> {
  return isPlace(source) ? attributeAtPath(source) : attributeOfPackage(source, pathToFileURL(path));
}

type Loaded = Pick<KnownAttributes, 'byName' | 'faults'>;

async function load(modules: readonly Promise<AttributeModule>[]): Promise<Loaded> {
  const byName = new Map<string, AttributeModule>();
  const faults: string[] = [];
  for (const result of await Promise.allSettled(modules)) {
    if (result.status === 'rejected') {
      if (!isHalfspaceError(result.reason)) throw result.reason;
      faults.push(result.reason.message);
      continue;
    }
    const { name } = result.value.attribute;
    if (byName.has(name)) faults.push(`A second attribute is named "${name}" and is left out.`);
    else byName.set(name, result.value);
  }
  return { byName, faults };
}

function namesOf({ byName }: Loaded): string {
  return [...byName.keys()].join(', ') || 'none';
}
