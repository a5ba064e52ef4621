import { describe, expect, it } from 'vitest';
import { parseSubspace, subspaceOf } from '../artifact/subspace-artifact.js';
import { ARTIFACT } from '../testing/artifact.js';
import { compareReadings } from './compare-readings.js';

describe('margins of two arithmetics', () => {
  it('differ by their root mean square and their mean, and order the labels in their ways', () => {
    const found = compareReadings([1, 2, -1, -2], [1.3, 2.1, -0.9, 1.5], [1, 0.7, 0, 0.2]);
    expect(found).toMatchObject({ rows: 4, auroc: [1, 0.75] });
    expect(found.shift).toBeCloseTo(1, 12);
    expect(found.margin).toBeCloseTo(Math.sqrt((0.09 + 0.01 + 0.01 + 12.25) / 4), 12);
  });

  it('need labels of both kinds', () => {
    expect(() => compareReadings([1, 2], [1, 2], [1, 1])).toThrow(
      expect.objectContaining({ code: 'one-sided-data' }),
    );
  });
});

describe('a subspace file', () => {
  const readings = {
    arithmetic: 'f32',
    layers: 'transformers',
    others: { int8: { rows: 200, margin: 0.05, shift: -0.01, auroc: [0.9, 0.899] as [number, number] } },
  } as const;

  it('says in which arithmetic it was fitted, and what others make of it', () => {
    const parsed = parseSubspace({ ...ARTIFACT, readings }, 'it');
    expect(subspaceOf(parsed).readings).toEqual(readings);
  });

  it('need not say it', () => {
    expect(subspaceOf(parseSubspace(ARTIFACT, 'it')).readings).toBeUndefined();
  });

  it.each([
    ['another meaning of layers', { ...readings, layers: 'from the top' }],
    ['no arithmetic', { layers: 'transformers' }],
    [
      'a figure that is none',
      { ...readings, others: { int8: { ...readings.others.int8, auroc: [0.9, 2] } } },
    ],
  ])('is refused with %s', (_, wrong) => {
    expect(() => parseSubspace({ ...ARTIFACT, readings: wrong }, 'it')).toThrow(
      expect.objectContaining({ code: 'bad-subspace' }),
    );
  });
});
