import { fileURLToPath } from 'node:url';
import { defineAttribute } from '@halfspace/core';
import type { AttributeNewFlags } from '../commands/attribute.js';
import { copyTemplate } from '../copy-template.js';
import { print, printJson } from '../output.js';
import { VERSION } from '../version.js';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/** `halfspace attribute new`. */
export async function newAttribute(name: string, flags: AttributeNewFlags): Promise<void> {
  const { directory = name, kind, json } = flags;
  // It must do as a name, and who knows the rule is core.
  defineAttribute({ name, description: name, subspaces: [] });
  const template = fileURLToPath(new URL(`${kind}/`, TEMPLATES));
  const files = await copyTemplate(template, directory, { 'my-attribute': name, '^0.0.0': `^${VERSION}` });
  if (json) printJson({ name, kind, directory, files });
  else describe(directory, files, kind);
}

function describe(directory: string, files: readonly string[], kind: AttributeNewFlags['kind']): void {
  print(`Made in ${directory}:`);
  for (const file of files) print(`  ${file}`);
  const write = kind === 'linear' ? 'put your texts into data/train.jsonl, then' : 'write src/index.js, then';
  print(`\nNow go there: npm install, ${write} ${kind === 'linear' ? 'npm run fit' : 'npm test'}.`);
  print('README.md says how to go on.');
}
