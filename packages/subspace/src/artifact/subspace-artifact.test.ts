import { isHalfspaceError } from '@halfspace/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attributeOf,
  encodeDirection,
  encodePrediction,
  parseSubspace,
  subspaceOf,
} from './subspace-artifact.js';
import { ARTIFACT } from '../testing/artifact.js';

type Json = Record<string, unknown>;

/** The artifact with one field set, or taken away by undefined. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(ARTIFACT) as unknown as Json;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key] as Json, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** Every path of the artifact that leads to a value. */
function pathsOf(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return [prefix];
  const children = Object.entries(value).flatMap(([key, child]) =>
    pathsOf(child, prefix ? `${prefix}.${key}` : key),
  );
  return prefix ? [prefix, ...children] : children;
}

const better = { share: 0.7, low: 0.6, high: 0.8 };
const PAIRS = { count: 20, last: better, mean: better, min: better };
const PAIRS_AT_CHANCE = { ...PAIRS, mean: { share: 0.55, low: 0.45, high: 0.6 } };
const chance = { auroc: 0.55, low: 0.45, high: 0.6 };

describe('parseSubspace', () => {
  test('takes a valid one', () => {
    expect(parseSubspace(ARTIFACT, 'it')).toEqual(ARTIFACT);
    expect(
      parseSubspace({ ...ARTIFACT, figures: { ...ARTIFACT.figures, every: chance }, forced: true }, 'it')
        .forced,
    ).toBe(true);
    // Only the figures of its own positions count.
    parseSubspace(changed('figures.last', chance), 'it');
    // Pairs are judged by themselves.
    const pairs = { ...PAIRS, similarLength: PAIRS_AT_CHANCE };
    parseSubspace({ ...ARTIFACT, figures: { ...ARTIFACT.figures, every: chance, pairs } }, 'it');
    parseSubspace(
      changed(
        'layerScores',
        [2, 3].map((layer) => ({ layer, auroc: 0.8 })),
      ),
      'it',
    );
    parseSubspace(changed('data.positive', ARTIFACT.data.positive + 1e-9), 'it');
  });

  test.each<[string, unknown, RegExp]>([
    ['format', 'something', /format must be "halfspace-subspace"/],
    ['version', 1, /version is not 2.*another release/],
    ['attribute', 'Self harm', /attribute must match/],
    ['attribute', 'toxicity', /its attribute "toxicity" is now "nontoxic": .*has the field "attribute"/],
    ['model.fingerprint', '', /model\.fingerprint/],
    ['model.width', 3, /direction has 2 numbers for 1 layers, and model\.width is 3/],
    ['model.width', 0, /model\.width/],
    ['layers', [-1], /layers\.0 must be >= 0/],
    ['layers', [1.5], /layers\.0 must be integer/],
    ['layers', [], /layers must have at least 1 item; it has 0/],
    ['layers', [3, 2], /direction has 2 numbers for 2 layers/],
    ['estimator', 'magic', /estimator must be one of paper, shrinkage/],
    ['estimator', 'paper', /shrinkage is 0.25, with the estimator "paper"/],
    ['positions', 'first', /positions must be one of last, every, both/],
    ['centring', 'group', /centring must be one of none, prompt/],
    ['chat', 1, /chat must be boolean/],
    ['layerScores', [{ layer: 3, auroc: 0.8 }], /layerScores must have at least 2 items; it has 1/],
    ['layerScores', [1, 2].map((layer) => ({ layer, auroc: 0.8 })), /layers has 3, which is not among/],
    ['figures.pairs', PAIRS_AT_CHANCE, /forced is missing, and figures\.pairs\.mean is not above chance/],
    ['figures.pairs', { ...PAIRS, last: { share: 0.6, low: 0.9, high: 0.8 } }, /pairs\.last\.low is above/],
    ['shrinkage', undefined, /shrinkage is missing/],
    ['shrinkage', 1.5, /shrinkage must be <= 1/],
    ['direction', undefined, /direction is missing/],
    ['direction', 'AAA', /direction is not base64/],
    ['direction', '!!!!', /direction is not base64/],
    ['direction', `${ARTIFACT.direction} `, /direction is not base64/],
    ['direction', 'A'.repeat(2 ** 20), /direction must have at most \d+ characters/],
    ['direction', encodeDirection(Float32Array.of(1, 1)), /direction has the norm 1\.41/],
    ['direction', encodeDirection(Float32Array.of(NaN, 1)), /direction has the norm NaN/],
    ['direction', encodeDirection(Float32Array.of(Infinity, 1)), /direction has the norm Infinity/],
    ['offset', Infinity, /offset must be number/],
    ['offset', NaN, /offset must be number/],
    ['offset', null, /offset must be number/],
    ['calibration.slope', 0, /calibration\.slope must be > 0/],
    ['calibration.slope', undefined, /calibration\.slope is missing/],
    ['prediction.tokenEffects', '', /prediction\.tokenEffects must have at least 1 character/],
    ['prediction.tokenEffects', 'AX+B/w', /prediction\.tokenEffects is not base64/],
    [
      'prediction.tokenEffects',
      'A'.repeat(2 ** 20),
      /prediction\.tokenEffects must have at most \d+ characters/,
    ],
    ['prediction.unit', 0, /prediction\.unit must be > 0/],
    ['prediction.meanReversion', 1.5, /prediction\.meanReversion must be <= 1/],
    ['prediction.explained', NaN, /prediction\.explained must be number/],
    ['calibration.extra', 1, /calibration\.extra is not a field/],
    ['extra', 1, /extra is not a field/],
    ['data.rows', 99, /data\.rows is not positive \+ negative/],
    ['data.groups', 101, /data\.groups is more than data\.rows/],
    ['data.heldOut.rows', 21, /data\.heldOut\.rows is not/],
    ['data.heldOut.groups', 51, /data\.heldOut\.groups is more than/],
    ['data.positive', -1, /data\.positive must be >= 0/],
    ['figures.last.auroc', 1.01, /figures\.last\.auroc must be <= 1/],
    ['figures.last.low', 0.95, /figures\.last\.low is above/],
    ['figures.every', chance, /forced is missing, and figures\.every is not above chance/],
    ['forced', false, /forced must be true/],
    ['createdWith', 1, /createdWith must be string/],
  ])('names the fault in %s: %j', (path, value, message) => {
    const parse = () => parseSubspace(changed(path, value), 'x.json');
    expect(parse).toThrow(expect.objectContaining({ code: 'bad-subspace' }));
    expect(parse).toThrow(/^x\.json is not a usable subspace: /);
    expect(parse).toThrow(message);
  });

  test('every field is needed, but for the prediction as a whole', () => {
    parseSubspace(changed('prediction', undefined), 'it');
    for (const path of pathsOf(ARTIFACT)) {
      if (path === 'prediction') continue;
      expect(() => parseSubspace(changed(path, undefined), 'it')).toThrow(path.split('.').at(-1));
    }
  });

  test('any JSON is a subspace or refused as a bad one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => tameOutcome(value)),
      { numRuns: 500 },
    );
    const path = fc.constantFrom(...pathsOf(ARTIFACT));
    const value = fc.oneof(
      fc.jsonValue(),
      fc.double(),
      fc.string(),
      fc.base64String(),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(path, value, (at, put) => tameOutcome(changed(at, put))),
      { numRuns: 2000 },
    );
  });

  test('hostile keys are fields like others', () => {
    const json = JSON.stringify(ARTIFACT).replace('{', '{"__proto__":{"forced":true},');
    expect(() => parseSubspace(JSON.parse(json), 'it')).toThrow(/__proto__ is not a field/);
  });
});

/** What passes can be used; what does not is refused in the one way that is promised. */
function tameOutcome(value: unknown): void {
  try {
    const attribute = attributeOf(parseSubspace(value, 'it'));
    const [{ direction, prediction }] = attribute.subspaces;
    expect(direction.every(Number.isFinite)).toBe(true);
    expect(prediction?.tokenEffects.every(Number.isFinite) ?? true).toBe(true);
  } catch (error) {
    if (!isHalfspaceError(error, 'bad-subspace')) throw error;
  }
}

describe('what core gets', () => {
  test('the subspace', () => {
    expect(subspaceOf(ARTIFACT)).toEqual({
      model: 'f00d',
      layers: [3],
      direction: Float32Array.of(0.6, -0.8),
      offset: 1.5,
      calibration: { slope: 2, intercept: -0.5 },
      prediction: { tokenEffects: Float32Array.of(0.25, 31.75, -31.75, -0.25), meanReversion: 0.5 },
      fittedOn: ARTIFACT.data.digest,
    });
  });

  test('directions are little-endian float32', () => {
    expect(Buffer.from(encodeDirection(Float32Array.of(1, -2)), 'base64').toString('hex')).toBe(
      '0000803f000000c0',
    );
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, minLength: 1, maxLength: 9 }), (numbers) => {
        const artifact = { ...ARTIFACT, direction: encodeDirection(numbers) };
        expect(subspaceOf(artifact).direction).toEqual(numbers);
      }),
    );
  });

  test('the prediction, as near as a byte a token is', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 9 }),
        (numbers) => {
          const effects = numbers.map((value) => value % 1000);
          const record = encodePrediction({ tokenEffects: effects, meanReversion: 0.25 });
          const prediction = { ...record, candidates: 1, explained: 0 };
          const read = subspaceOf({ ...ARTIFACT, prediction }).prediction;
          expect(read?.meanReversion).toBe(0.25);
          effects.forEach((effect, token) => {
            expect(Math.abs((read?.tokenEffects[token] ?? NaN) - effect)).toBeLessThanOrEqual(
              0.51 * record.unit,
            );
          });
        },
      ),
    );
  });

  test('the attribute, which says when it was forced', () => {
    expect(attributeOf(ARTIFACT, 'text without harm')).toMatchObject({
      name: 'self-harm',
      description: 'text without harm',
      subspaces: [{ model: 'f00d', layers: [3] }],
    });
    expect(attributeOf(ARTIFACT).description).toMatch(/self-harm/);
    expect(attributeOf({ ...ARTIFACT, forced: true }, 'text without harm').description).toMatch(
      /harm \(forced: not better/,
    );
  });
});
