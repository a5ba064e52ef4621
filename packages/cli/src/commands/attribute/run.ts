import { fileURLToPath } from 'node:url';
import { defineAttribute } from '@halfspace/core';
import type { AttributeNewFlags } from './flags.js';
import { copyTemplate } from './copy-template.js';
import { print, printJson } from '../../terminal/output.js';
import { ownPackages } from './own-packages.js';
import { VERSION } from '../../version.js';

const TEMPLATES = new URL('../../../templates/', import.meta.url);

const LINKED =
  'Halfspace is not on npm yet: package.json links to its packages where this command has them, on this machine.';

/** `halfspace attribute new`. */
export async function newAttribute(name: string, flags: AttributeNewFlags): Promise<void> {
  const { directory = name, kind, json } = flags;
  // It must do as a name, and who knows the rule is core.
  defineAttribute({ name, description: name, subspaces: [] });
  const template = fileURLToPath(new URL(`${kind}/`, TEMPLATES));
  const { linked, specs } = ownPackages();
  const found = Object.entries(specs).map(([own, spec]) => [`found:${own}`, spec]);
  const files = await copyTemplate(template, directory, {
    'my-attribute': name,
    '^0.0.0': `^${VERSION}`,
    ...(Object.fromEntries(found) as Record<string, string>),
  });
  if (json) return printJson({ name, kind, directory, files });
  describe(directory, files, kind);
  if (linked) print(LINKED);
}

function describe(directory: string, files: readonly string[], kind: AttributeNewFlags['kind']): void {
  print(`Made in ${directory}:`);
  for (const file of files) print(`  ${file}`);
  const write = kind === 'linear' ? 'put your texts into data/train.jsonl, then' : 'write src/index.js, then';
  print(`\nNow go there: npm install, ${write} ${kind === 'linear' ? 'npm run fit' : 'npm test'}.`);
  print('README.md says how to go on.');
}
