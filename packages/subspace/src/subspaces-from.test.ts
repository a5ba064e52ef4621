import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { subspacesFrom } from './subspaces-from.js';
import { subspacesIn } from './artifact/subspace-file.js';

const FOLDER = new URL('../../attribute-toxicity/subspaces/', import.meta.url);

it('makes of artifacts what is made of their files, and marks them as what a package brings', () => {
  const artifacts = ['smollm2-135m-instruct-early', 'smollm2-135m-instruct'].map((name): unknown =>
    JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')),
  );
  expect(subspacesFrom(artifacts)).toEqual(
    subspacesIn(FOLDER).map((subspace) => ({ ...subspace, shipped: true })),
  );
});

it('names the one that is none', () => {
  expect(() => subspacesFrom([{}])).toThrow(/^Artifact 0 /);
});
