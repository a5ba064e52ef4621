import { defineAttribute } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { addSubspaces } from './add-subspaces.js';
import { subspacesFrom } from './subspaces-from.js';
import { ARTIFACT } from './testing/artifact.js';

const other = { ...ARTIFACT, model: { ...ARTIFACT.model, fingerprint: 'beef' } };
const selfHarm = defineAttribute({
  name: 'self-harm',
  description: 'x',
  cap: 1,
  subspaces: subspacesFrom([ARTIFACT]),
});

describe('addSubspaces', () => {
  it('adds a file to an attribute, and takes the place of what it has for that model', () => {
    const { name, cap, subspaces } = addSubspaces(selfHarm, [other, { ...ARTIFACT, offset: 3 }]);
    expect({ name, cap }).toEqual({ name: 'self-harm', cap: 1 });
    expect(subspaces.map(({ model, offset }) => [model, offset])).toEqual([
      ['beef', 1.5],
      ['f00d', 3],
    ]);
  });

  it('refuses a file of another attribute, and what is no file', () => {
    expect(() => addSubspaces(selfHarm, [{ ...other, attribute: 'calm' }])).toThrow(
      expect.objectContaining({ code: 'bad-attribute' }),
    );
    expect(() => addSubspaces(selfHarm, [{ ...other, offset: NaN }])).toThrow(
      expect.objectContaining({ code: 'bad-subspace' }),
    );
  });

  it('is what a file among the subspaces of a definition is pointed to', () => {
    const subspaces = [...selfHarm.subspaces, other] as unknown as typeof selfHarm.subspaces;
    expect(() => defineAttribute({ ...selfHarm, subspaces })).toThrow(/addSubspaces/);
  });
});
