import { describe, expect, test } from 'vitest';
import type { LinearAttributeDefinition, ScoringAttributeDefinition } from './define-attribute.js';
import { defineAttribute } from './define-attribute.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import type { Subspace } from './attribute.js';

const subspace: Subspace = {
  model: 'f00d',
  layers: [2],
  direction: Float32Array.of(0.6, 0.8),
  offset: 0.5,
  calibration: { slope: 2, intercept: -1 },
};
const definition: LinearAttributeDefinition = {
  name: 'low-noise',
  description: 'quiet text',
  subspaces: [subspace],
};

const withSubspace = (change: Partial<Subspace>): LinearAttributeDefinition => ({
  ...definition,
  subspaces: [{ ...subspace, ...change }],
});

describe('defineAttribute', () => {
  test('fills the contract and freezes a copy', () => {
    const direction = Float32Array.of(0.6, 0.8);
    const attribute = defineAttribute(withSubspace({ direction }));
    direction[0] = 9;
    expect(attribute).toEqual({
      ...definition,
      cap: 0,
      specificationVersion: SPECIFICATION_VERSIONS.attribute,
    });
    for (const part of [attribute, attribute.subspaces, attribute.subspaces[0].calibration]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(Object.isFrozen(attribute.subspaces[0])).toBe(true);
  });

  test.each([0, 1.5, Infinity])('keeps the cap %d', (cap) => {
    expect(defineAttribute({ ...definition, cap }).cap).toBe(cap);
    expect(defineAttribute({ name: 'a', description: 'b', cap, score: () => [] }).cap).toBe(cap);
  });

  test.each<[string, LinearAttributeDefinition, RegExp]>([
    ['cap below 0', { ...definition, cap: -1 }, /the cap -1; it is a margin, at least 0/],
    ['cap that is none', { ...definition, cap: NaN }, /the cap NaN/],
    ['name in capitals', { ...definition, name: 'Toxicity' }, /lower-case/],
    ['name with an open hyphen', { ...definition, name: 'a-' }, /lower-case/],
    [
      'name of before',
      { ...definition, name: 'toxicity' },
      /^"toxicity" is now "nontoxic": .* positive side, as an adj/,
    ],
    ['empty name', { ...definition, name: '' }, /lower-case/],
    ['name of a number of formulas', { ...definition, name: 'step' }, /formulas have a number/],
    ['empty description', { ...definition, description: ' ' }, /description/],
    ['two subspaces for a model', { ...definition, subspaces: [subspace, subspace] }, /two subspaces/],
    ['no fingerprint', withSubspace({ model: '' }), /fingerprint/],
    ['broken layer', withSubspace({ layers: [1.5] }), /layer 1.5/],
    ['no layer', withSubspace({ layers: [] }), /no layer/],
    ['layers in disorder', withSubspace({ layers: [2, 1] }), /layers 2, 1/],
    ['negative layer', withSubspace({ layers: [-1] }), /layer -1/],
    ['long direction', withSubspace({ direction: Float32Array.of(1, 1) }), /norm 1.41/],
    ['NaN direction', withSubspace({ direction: Float32Array.of(NaN, 1) }), /norm NaN/],
    ['empty direction', withSubspace({ direction: new Float32Array() }), /norm 0/],
    ['infinite offset', withSubspace({ offset: Infinity }), /offset Infinity/],
    ['NaN slope', withSubspace({ calibration: { slope: NaN, intercept: 0 } }), /slope NaN/],
    ['NaN intercept', withSubspace({ calibration: { slope: 1, intercept: NaN } }), /intercept NaN/],
    ['zero slope', withSubspace({ calibration: { slope: 0, intercept: 0 } }), /slope 0/],
    ['negative slope', withSubspace({ calibration: { slope: -1, intercept: 0 } }), /slope -1/],
    [
      'subspaces by name',
      { ...definition, subspaces: { a: subspace } } as never,
      /subspaces that are no list/,
    ],
    ['one layer', withSubspace({ layers: 1 as never }), /layers are no list/],
    ['a list as direction', withSubspace({ direction: [1, 0] as never }), /no Float32Array/],
    ['no direction', withSubspace({ direction: undefined as never }), /no Float32Array/],
    ['no calibration', withSubspace({ calibration: null as never }), /without a calibration/],
  ])('refuses %s', (_, broken, message) => {
    expect(() => defineAttribute(broken)).toThrow(expect.objectContaining({ code: 'bad-attribute' }));
    expect(() => defineAttribute(broken)).toThrow(message);
  });
});

describe('defineAttribute of a function', () => {
  const short: ScoringAttributeDefinition = {
    name: 'short',
    description: 'short text',
    score: ({ candidates }) => candidates.map(({ text }) => -text.length),
  };

  test('fills in defaults, freezes, and keeps `this` of a method', () => {
    const definition = {
      ...short,
      length: 3,
      score() {
        return [this.length];
      },
    };
    const attribute = defineAttribute(definition);
    expect(attribute).toMatchObject({
      name: 'short',
      specificationVersion: SPECIFICATION_VERSIONS.attribute,
      layers: [],
      timeoutMs: 10_000,
    });
    expect(Object.isFrozen(attribute)).toBe(true);
    const step = { prompt: '', prefix: '', candidates: [], hidden: () => new Float32Array() };
    expect(attribute.score({ ...step, signal: new AbortController().signal })).toEqual([3]);
  });

  test.each<[string, object, RegExp]>([
    ['no kind', { score: undefined, subspaces: undefined }, /either/],
    ['both kinds', { subspaces: [] }, /either/],
    ['a score that is no function', { score: 3 }, /no function/],
    ['no time', { timeoutMs: 0 }, /timeoutMs 0/],
    ['endless time', { timeoutMs: Infinity }, /timeoutMs Infinity/],
    ['half a layer', { layers: [0.5] }, /layer 0.5/],
    ['no description', { description: undefined }, /description/],
    ['no name', { name: undefined }, /lower-case/],
  ])('refuses %s', (_, change, message) => {
    const broken = { ...short, ...change } as ScoringAttributeDefinition;
    expect(() => defineAttribute(broken)).toThrow(expect.objectContaining({ code: 'bad-attribute' }));
    expect(() => defineAttribute(broken)).toThrow(message);
  });
});
