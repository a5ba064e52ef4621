import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const CORE = pathToFileURL(createRequire(import.meta.url).resolve('@halfspace/core')).href;

/**
 * An expression of a module that makes an attribute, wherever the module is.
 *
 * @param subspaces - An expression.
 */
export function attributeSource(name: string, description = 'text', subspaces = '[]'): string {
  const definition = `{ name: '${name}', description: '${description}', subspaces: ${subspaces} }`;
  return `(await import(${JSON.stringify(CORE)})).defineAttribute(${definition})`;
}
