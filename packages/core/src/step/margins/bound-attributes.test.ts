import { describe, expect, it } from 'vitest';
import { defineAttribute, type ModelInfo } from '@halfspace/contracts';
import { assertSubspaces, bindAttributes, subspaceFor, subspacesFor } from './bound-attributes.js';

const model: ModelInfo = {
  name: 'toy',
  fingerprint: 'toy',
  layers: 10,
  width: 1,
  cut: 6,
  contextLength: 8,
};

const calm = defineAttribute({
  name: 'calm',
  description: 'calm',
  subspaces: [[6], [3, 5], [9], [4]].map((layers) => ({
    model: 'toy',
    layers,
    direction: Float32Array.from(layers, () => 1 / Math.sqrt(layers.length)),
    offset: 0,
    calibration: { slope: 1, intercept: 0 },
  })),
});

describe('of several subspaces for a model', () => {
  it('the deepest is read, and early the deepest that ends at the cut', () => {
    expect(subspaceFor(calm, model).layers).toEqual([9]);
    expect(subspaceFor(calm, model, true).layers).toEqual([6]);
    expect(subspaceFor(calm, { ...model, cut: 5 }, true).layers).toEqual([3, 5]);
    expect(bindAttributes([calm], ['calm'], model, true)[0].source).toMatchObject({ layers: [6] });
  });

  it('early is of no consequence where none ends early or the model has no cut', () => {
    expect(subspaceFor(calm, { ...model, cut: 2 }, true).layers).toEqual([9]);
    const { cut: _, ...whole } = model;
    expect(subspaceFor(calm, whole, true).layers).toEqual([9]);
  });
});

it('attributes are refused for a model of which only the fingerprint is known', () => {
  const scoring = defineAttribute({
    name: 'short',
    description: 'short',
    score: async ({ candidates }) => Promise.resolve(candidates.map(() => 0)),
  });
  expect(() => assertSubspaces([calm, scoring], { name: 'toy', fingerprint: 'toy' })).not.toThrow();
  expect(() => assertSubspaces([scoring, calm], { name: 'other', fingerprint: 'f00d' })).toThrow(
    expect.objectContaining({
      code: 'subspace-of-another-model',
      message: expect.stringContaining('"calm" has no subspace for other (f00d…)') as string,
    }),
  );
});

describe('subspaces that the user has made for a model', () => {
  const made = { ...calm.subspaces[3], model: 'toy', offset: 7 };
  const adapted = { ...model, subspaces: { calm: [made] } };
  const shipped = defineAttribute({
    ...calm,
    subspaces: calm.subspaces.map((each) => ({ ...each, shipped: true as const })),
  });

  it('take the place of those that came with a package', () => {
    expect(subspaceFor(shipped, adapted)).toMatchObject({ layers: [4], offset: 7 });
    expect(subspaceFor(shipped, model).layers).toEqual([9]);
  });

  it('serve an attribute that has none for the model', () => {
    const bare = defineAttribute({ name: 'calm', description: 'calm', subspaces: [] });
    expect(subspaceFor(bare, adapted).offset).toBe(7);
    expect(() => assertSubspaces([bare], adapted)).not.toThrow();
    expect(() => assertSubspaces([bare], model)).toThrow(/has no subspace/);
  });

  it('leave alone what a program has named, and attributes of other names', () => {
    expect(subspacesFor(calm, adapted)).toHaveLength(4);
    const constructor = defineAttribute({ name: 'constructor', description: 'x', subspaces: [] });
    expect(subspacesFor(constructor, adapted)).toEqual([]);
  });
});
