import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { SPECIFICATION_VERSIONS } from '@halfspace/contracts';
import { parseSubspace } from '@halfspace/subspace';
import attribute from 'halfspace-attribute-my-attribute';

const SUBSPACES = new URL('../subspaces/', import.meta.url);

test('is made for the Halfspace that is installed', () => {
  assert.equal(attribute.name, 'my-attribute');
  assert.equal(attribute.specificationVersion, SPECIFICATION_VERSIONS.attribute);
});

test('has a response, a label and a group in every row of its data, and both labels', async () => {
  const text = await readFile(new URL('../data/train.jsonl', import.meta.url), 'utf8');
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const row of rows) {
    assert.ok(typeof row.response === 'string' && row.response !== '', JSON.stringify(row));
    assert.ok(typeof row.group === 'string', JSON.stringify(row));
  }
  assert.deepEqual(new Set(rows.map(({ label }) => label)), new Set([0, 1]));
});

test('has only subspaces of its own that are better than chance', async () => {
  for (const name of (await readdir(SUBSPACES)).filter((each) => each.endsWith('.json'))) {
    const json = JSON.parse(await readFile(new URL(name, SUBSPACES), 'utf8'));
    const subspace = parseSubspace(json, name);
    assert.equal(subspace.attribute, 'my-attribute');
    assert.equal(subspace.forced, undefined);
  }
});
