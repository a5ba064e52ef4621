import { stat } from 'node:fs/promises';
import {
  type Attribute,
  checkPlugin,
  type ErrorCode,
  HalfspaceError,
  isHalfspaceError,
} from '@halfspace/core';
import { importFault, importModule, type ModuleExports } from '../config/import-module.js';
import { mainPath, packagePath } from '../config/module-path.js';
import type { LabelRecipe } from './label-recipe.js';

const NOT_FOUND = 'attribute-not-found';

/** What a package, a module or a subspace file brings. */
export interface AttributeModule {
  readonly attribute: Attribute;
  /** How to read the labels of its own data: what a module exports as `labelOf`. */
  readonly labelOf?: LabelRecipe;
}

/**
 * The attribute at a path: of a subspace file (`.json`), a module, or a directory with a package.
 *
 * @throws HalfspaceError `attribute-not-found` when there is nothing there, what reading a subspace file
 * throws, `no-attribute` when it exports none or several, `contract-mismatch`, `bad-attribute` for one that
 * `defineAttribute` did not make, `plugin-failed` when the module cannot be imported, and any HalfspaceError that it throws itself
 */
export async function attributeAtPath(path: string): Promise<AttributeModule> {
  if (path.endsWith('.json')) {
    // Loaded on demand: its schema takes a tenth of a second, which plain decoding need not wait for.
    const { attributeOf, readSubspace } = await import('@halfspace/subspace');
    return { attribute: attributeOf(await readSubspace(path)) };
  }
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new HalfspaceError(NOT_FOUND, `There is nothing at ${path}.`);
  return attributeOfModule(found.isDirectory() ? await mainPath(path, NOT_FOUND) : path, path);
}

/**
 * The attribute of an installed package.
 *
 * @param from - The file that names it: URL of a module, from where it is looked for as an import would be.
 * @throws HalfspaceError as {@link attributeAtPath}
 */
export async function attributeOfPackage(name: string, from: URL): Promise<AttributeModule> {
  return attributeOfModule(packagePath(name, from, NOT_FOUND), name);
}

async function attributeOfModule(path: string, label: string): Promise<AttributeModule> {
  const exports = await importModule(path).catch((error: unknown) => {
    throw new HalfspaceError(codeOf(error), `${label} cannot be imported: ${importFault(error)}.`, {
      cause: error,
    });
  });
  const attribute = attributeAmong(exports, label);
  const { labelOf } = exports;
  return { attribute, ...(typeof labelOf === 'function' && { labelOf: labelOf as LabelRecipe }) };
}

function codeOf(error: unknown): ErrorCode {
  return isHalfspaceError(error) ? error.code : 'plugin-failed';
}

function attributeAmong(exports: ModuleExports, label: string): Attribute {
  const all = [...new Set(Object.values(exports).filter(isAttribute))];
  const found = isAttribute(exports['default']) ? [exports['default']] : all;
  if (found.length === 1) {
    check(found[0], label);
    return found[0];
  }
  const fault =
    found.length === 0 ? 'no attribute' : `several attributes (${found.map(({ name }) => name).join(', ')})`;
  throw new HalfspaceError(
    'no-attribute',
    `${label} exports ${fault}. Export one that defineAttribute has made, by default or alone.`,
  );
}

function check(attribute: Attribute, label: string): void {
  try {
    checkPlugin('attribute', attribute);
  } catch (error) {
    if (!isHalfspaceError(error)) throw error;
    throw new HalfspaceError(error.code, `${label} cannot be used. ${error.message}`, { cause: error });
  }
}

function isAttribute(value: unknown): value is Attribute {
  return (
    typeof value === 'object' &&
    value !== null &&
    ('specificationVersion' in value || 'contract' in value) &&
    'name' in value &&
    typeof value.name === 'string'
  );
}
