import { describe, expect, test } from 'vitest';
import { bootstrap, bootstrapError, type Estimate } from '../statistics/bootstrap.js';
import { EVALUATION } from '../testing/evaluation-reference.js';
import { averagePrecision, rankedPrecision } from '../statistics/average-precision.js';
import { binnedError, binsFor, calibrationError, reliability } from '../statistics/calibration-error.js';
import { histogram } from '../statistics/histogram.js';
import { brierScore, logLoss } from '../statistics/log-odds.js';
import { measureMargins } from './margin-figures.js';
import { type MarginTrack, POOLINGS } from './margin-track.js';
import { rocCurve } from '../statistics/roc-curve.js';

const { margins, labels, groups, weights, ...expected } = EVALUATION.scored;
const tracks = margins.map((margin, i): MarginTrack => {
  const label = labels[i] === 1 ? 1 : 0;
  return { margins: Float64Array.of(margin), label, group: groups[i] };
});

/** Two bootstraps of 20,000 draws agree to a few thousandths. */
function expectInterval({ low, high }: Estimate, [lowest, highest]: readonly [number, number]): void {
  expect(Math.abs(low - lowest)).toBeLessThan(0.004);
  expect(Math.abs(high - highest)).toBeLessThan(0.004);
}

describe('average precision', () => {
  test('is that of scikit-learn, ties and weights included', () => {
    expect(averagePrecision(margins, labels)).toBeCloseTo(expected.averagePrecision, 13);
    expect(rankedPrecision(margins, labels)((i) => weights[i])).toBeCloseTo(expected.weightedPrecision, 13);
  });

  test('refuses data without label 1', () => {
    expect(() => averagePrecision([1], [0])).toThrow(expect.objectContaining({ code: 'one-sided-data' }));
  });

  test('has the interval of a bootstrap of scikit-learn’s by group', () => {
    const estimate = bootstrap(groups, rankedPrecision(margins, labels), { resamples: 20_000 });
    expect(estimate.value).toBeCloseTo(expected.averagePrecision, 13);
    expectInterval(estimate, expected.precisionInterval);
  });
});

test('Brier score and log loss are those of scikit-learn', () => {
  expect(brierScore(margins, labels)).toBeCloseTo(expected.brier, 13);
  expect(logLoss(margins, labels)).toBeCloseTo(expected.logLoss, 13);
  expect(logLoss([-800, 800], [1, 0])).toBe(800);
});

describe('the calibration error', () => {
  test('is over the bins that scikit-learn makes', () => {
    const bins = reliability(margins, labels, 10);
    expect(bins.map(({ observed }) => observed)).toEqual(expected.observed.map((v) => expect.closeTo(v, 13)));
    expect(bins.map(({ predicted }) => predicted)).toEqual(
      expected.predicted.map((v) => expect.closeTo(v, 13)),
    );
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(margins.length);
    expect(calibrationError(margins, labels)).toBeCloseTo(expected.calibrationError, 13);
  });

  test('has the interval of a bootstrap in numpy by group', () => {
    const estimate = bootstrapError(groups, binnedError(margins, labels), { resamples: 20_000 });
    expectInterval(estimate, expected.errorInterval);
  });

  test('does not depend on the order of equal margins', () => {
    const sides = Array.from({ length: 100 }, (_, i) => (i < 50 ? 1 : 0));
    expect(calibrationError(Array(100).fill(0), sides, 5)).toBe(0);
  });

  test('takes a bin for twenty items, ten at most', () => {
    expect([1, 19, 40, 199, 200, 10_000].map(binsFor)).toEqual([1, 1, 2, 9, 10, 10]);
  });
});

test('the ROC curve is that of scikit-learn, and thinned keeps its ends', () => {
  const curve = rocCurve(margins, labels);
  expect(curve).toEqual(
    expected.falsePositives.map((falsePositives, i) => ({
      falsePositives: expect.closeTo(falsePositives, 13),
      truePositives: expect.closeTo(expected.truePositives[i], 13),
    })),
  );
  const thin = rocCurve(margins, labels, 7);
  expect(thin).toHaveLength(7);
  expect([thin[0], thin[6]]).toEqual([curve[0], curve[curve.length - 1]]);
});

test('the histogram is that of numpy', () => {
  const bins = histogram(margins, labels);
  expect(bins.map(({ negative }) => negative)).toEqual(expected.histogram[0]);
  expect(bins.map(({ positive }) => positive)).toEqual(expected.histogram[1]);
  expect(bins[0].low).toBe(Math.min(...margins));
  expect(bins[31].high).toBeCloseTo(Math.max(...margins), 12);
});

describe('measureMargins', () => {
  test('puts the figures together, with intervals around them', () => {
    const { poolings, roc } = measureMargins(tracks);
    expect(poolings.last).toMatchObject({
      averagePrecision: { value: expect.closeTo(expected.averagePrecision, 13) },
      accuracy: { value: expect.closeTo(expected.accuracy, 13) },
      brier: expect.closeTo(expected.brier, 13),
      logLoss: expect.closeTo(expected.logLoss, 13),
      calibrationError: { value: expect.closeTo(expected.calibrationError, 13) },
    });
    expect(roc).toHaveLength(expected.truePositives.length);
    // A thousand draws: a little coarser than the reference.
    expect(poolings.last.accuracy.low).toBeCloseTo(expected.accuracyInterval[0], 2);
    expect(poolings.last.accuracy.high).toBeCloseTo(expected.accuracyInterval[1], 2);
    // With one token a response all poolings are one.
    for (const pooling of POOLINGS) expect(poolings[pooling]).toEqual(poolings.last);
  });

  test('reads responses in four ways and by tenths as numpy does', () => {
    const { tracks: responses, auroc, tenths } = EVALUATION.responses;
    const found = measureMargins(responses);
    for (const pooling of POOLINGS) {
      expect(found.poolings[pooling].auroc.value).toBeCloseTo(auroc[pooling], 13);
    }
    expect(found.tenths.map((each) => each.auroc.value)).toEqual(
      tenths.map((each) => expect.closeTo(each.auroc, 13)),
    );
    expect(found.tenths.map((each) => each.calibrationError.value)).toEqual(
      tenths.map((each) => expect.closeTo(each.calibrationError, 13)),
    );
  });

  test('gives figures of its own to a group that has enough rows of each label', () => {
    const group = (name: string, positive: number, negative: number, gap: number) =>
      [positive, negative].flatMap((count, side) =>
        Array.from({ length: count }, (_, i): MarginTrack => {
          const margin = side === 0 ? gap + (i % 3) : i % 3;
          return { margins: Float64Array.of(margin - 1), label: side === 0 ? 1 : 0, group: name };
        }),
      );
    const { groups: found } = measureMargins([
      ...group('clear', 12, 9, 3),
      ...group('reversed', 12, 12, -3),
      ...group('small', 10, 9, 3),
      ...group('one-sided', 30, 4, 3),
    ]);
    expect(found).toEqual([
      { group: 'reversed', rows: 24, positive: 12, auroc: 0, accuracy: 8 / 24 },
      { group: 'clear', rows: 21, positive: 12, auroc: 1, accuracy: 18 / 21 },
    ]);
  });

  test('refuses one label', () => {
    expect(() => measureMargins(tracks.filter(({ label }) => label === 1))).toThrow(
      expect.objectContaining({ code: 'one-sided-data' }),
    );
  });
});
