import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decorrelateSubspaces } from './decorrelate-subspaces.js';
import { decorrelation } from './decorrelation.js';
import { evaluateAttributes } from '../evaluate/evaluate-attributes.js';
import type { LabelledText } from '../data/labelled-text.js';
import {
  attributeOf,
  encodeDirection,
  parseSubspace,
  type SubspaceArtifact,
  subspaceOf,
} from '../artifact/subspace-artifact.js';
import { ARTIFACT } from '../testing/artifact.js';
import { createGaussianBackend, DEVIATIONS, OPTIMAL } from '../testing/gaussian-backend.js';

describe('decorrelation', () => {
  test('turns any covariance into the identity, in no order', () => {
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { minLength: 3, maxLength: 3 }), (rows) => {
        // B Bᵀ + I / 4 is a covariance.
        const covariance = rows.map((a, i) =>
          rows.map((b, j) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + (i === j ? 0.25 : 0)),
        );
        const mixes = decorrelation(covariance);
        mixes.forEach((a, i) =>
          mixes.forEach((b, j) => {
            const value = a.reduce(
              (sum, x, k) => sum + b.reduce((inner, y, l) => inner + x * covariance[k][l] * y, 0),
              0,
            );
            expect(value).toBeCloseTo(Number(i === j), 8);
          }),
        );
      }),
    );
  });

  test('of two variables is known in closed form', () => {
    // R^(−1/2) of [[1, r], [r, 1]] has (1/√(1+r) ± 1/√(1−r)) / 2; the deviations are 2 and 3.
    const r = 0.6;
    const [same, other] = [1, -1].map((sign) => (1 / Math.sqrt(1 + r) + sign / Math.sqrt(1 - r)) / 2);
    expect(
      decorrelation([
        [4, 6 * r],
        [6 * r, 9],
      ]),
    ).toEqual([
      [expect.closeTo(same / 2, 10), expect.closeTo(other / 3, 10)],
      [expect.closeTo(other / 2, 10), expect.closeTo(same / 3, 10)],
    ]);
  });

  test.each([
    [
      [
        [1, 1],
        [1, 1],
      ],
    ],
    [
      [
        [1, 0],
        [0, 0],
      ],
    ],
  ])('refuses %j', (covariance) => {
    expect(() => decorrelation(covariance)).toThrow(expect.objectContaining({ code: 'degenerate-data' }));
  });
});

/** Rows of random letters: what a state is depends on all letters up to it. */
function rowsOf(count: number, seed: number): LabelledText[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const response = Array.from({ length: 6 }, (__, j) =>
      String.fromCharCode((label === 1 ? 65 : 97) + ((i * 7 + j * 11 + seed) % 26)),
    ).join('');
    return { prompt: `${seed}:${i}`, response, label, group: `${seed}-${i >> 1}` };
  });
}

function artifactOf(attribute: string, weights: readonly number[], layers: readonly number[] = [2]) {
  const norm = Math.hypot(...weights);
  const unit = weights.map((weight) => weight / norm);
  return {
    ...ARTIFACT,
    attribute,
    model: { name: 'gaussian', fingerprint: 'f00d', width: DEVIATIONS.length },
    layers,
    direction: encodeDirection(Float32Array.from(unit)),
    offset: 10 * unit.reduce((sum, weight) => sum + weight, 0),
  };
}

// Neither is 0 along what the other reads, and both tell the planted sides apart.
const calm = artifactOf('calm', OPTIMAL);
const kind = artifactOf(
  'kind',
  OPTIMAL.map((weight, i) => (i % 2 === 0 ? 1.5 : 0.4) * weight),
);

/** The correlation of two distances within a class, by the covariance that was planted. */
function correlationWithin(artifacts: readonly SubspaceArtifact[]): number {
  const [a, b] = artifacts.map((artifact) => subspaceOf(artifact).direction);
  const product = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, i) => sum + value * DEVIATIONS[i] ** 2 * y[i], 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe('decorrelateSubspaces', () => {
  test('leaves margins on fresh data without correlation, and calibrated', async () => {
    const backend = createGaussianBackend();
    const made = await decorrelateSubspaces(backend, [
      { artifact: calm, rows: rowsOf(200, 1) },
      { artifact: kind, rows: rowsOf(200, 2) },
    ]);
    expect(correlationWithin([calm, kind])).toBeGreaterThan(0.7);
    // 2,400 states: a standard error of 0.02.
    expect(Math.abs(correlationWithin(made))).toBeLessThan(0.06);

    const attributes = made.map((artifact) => attributeOf(artifact));
    const fresh = await evaluateAttributes(backend, attributes, rowsOf(120, 3));
    for (const { poolings } of fresh.attributes) {
      expect(poolings.every.calibrationError.value).toBeLessThan(0.1);
    }
    for (const artifact of made) parseSubspace(JSON.parse(JSON.stringify(artifact)), 'it');
    expect(made.map(({ attribute, decorrelatedFrom }) => [attribute, decorrelatedFrom])).toEqual([
      ['calm', ['kind']],
      ['kind', ['calm']],
    ]);
  });

  test.each([
    ['one alone', [calm]],
    ['other layers', [calm, { ...kind, layers: [1] }]],
    ['another model', [calm, { ...kind, model: { ...kind.model, fingerprint: 'beef' } }]],
  ])('refuses %s', async (_, artifacts) => {
    const backend = createGaussianBackend();
    const given = artifacts.map((artifact) => ({ artifact, rows: rowsOf(40, 1) }));
    await expect(decorrelateSubspaces(backend, given)).rejects.toMatchObject({ code: 'cannot-decorrelate' });
    expect(backend.ran).toEqual([]);
  });
});
