import { pathToFileURL } from 'node:url';
import { complaintOf, waitFor } from '@halfspace/core';
import { noteWaiting } from '../terminal/note-waiting.js';

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/** Imports a module by its path. TypeScript is understood too; its types are dropped unchecked. */
export async function importModule(path: string): Promise<ModuleExports> {
  // It may wait for what never comes, at its top level.
  return waitFor(importFile(path), { who: path, onWaiting: noteWaiting });
}

async function importFile(path: string): Promise<ModuleExports> {
  const { href } = pathToFileURL(path);
  if (!/\.[cm]?ts$/.test(path)) return (await import(href)) as ModuleExports;
  const { createJiti } = await import('jiti');
  // Without a cache of what it makes: that would leave files about.
  return createJiti(import.meta.url, { fsCache: false }).import(href);
}

/** What an import failed with, in one line. */
export function importFault(error: unknown): string {
  return complaintOf(error).split('\n', 1)[0].trim().replace(/\.$/, '');
}
