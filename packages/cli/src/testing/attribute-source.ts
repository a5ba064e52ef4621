import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const CORE = pathToFileURL(createRequire(import.meta.url).resolve('@halfspace/core')).href;

/** An expression of a module that makes an attribute, wherever the module is. */
export function attributeSource(name: string): string {
  const definition = JSON.stringify({ name, description: 'text', subspaces: [] });
  return `(await import(${JSON.stringify(CORE)})).defineAttribute(${definition})`;
}
