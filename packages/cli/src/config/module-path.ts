import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { decodeText, type ErrorCode, HalfspaceError } from '@halfspace/core';
import { resolve as resolveImport } from 'import-meta-resolve';
import { importFault } from './import-module.js';

/**
 * Path of the main module of an installed package.
 *
 * @param from - The file that names it: URL of a module, from where it is looked for as an import would be.
 * @param code - Of the error where there is none.
 * @throws HalfspaceError `code`
 */
export function packagePath(name: string, from: URL, code: ErrorCode): string {
  try {
    return fileURLToPath(resolveImport(name, from.href));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    throw new HalfspaceError(
      code,
      missing
        ? `There is no package "${name}" to be found from ${fileURLToPath(from)}. Install it, or begin a path with "./".`
        : `The package "${name}" has no main module: ${importFault(cause)}.`,
      { cause },
    );
  }
}

/**
 * Path of the main module of the package in a directory, by its `exports` or by older custom.
 *
 * @param code - Of the error where there is none.
 * @throws HalfspaceError `code`
 */
export async function mainPath(directory: string, code: ErrorCode): Promise<string> {
  const manifest = pathToFileURL(join(directory, 'package.json'));
  const { name, exports } = await readManifest(manifest, directory, code);
  if (typeof name === 'string' && exports !== undefined) return packagePath(name, manifest, code);
  try {
    return createRequire(manifest).resolve('./');
  } catch (cause) {
    throw new HalfspaceError(
      code,
      `${directory} has no main module. Name it in the "exports" of its package.json.`,
      { cause },
    );
  }
}

async function readManifest(
  manifest: URL,
  directory: string,
  code: ErrorCode,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(decodeText(await readFile(manifest), directory)) as Record<string, unknown>;
  } catch (cause) {
    throw new HalfspaceError(code, `${directory} is no package: it has no package.json that can be read.`, {
      cause,
    });
  }
}
