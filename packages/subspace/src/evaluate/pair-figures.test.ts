import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bootstrapAuroc } from '../statistics/auroc.js';
import type { MarginTrack } from './margin-track.js';
import { measurePairs, type TrackPair } from './pair-figures.js';

function track(label: 0 | 1, group: string, ...margins: readonly number[]): MarginTrack {
  return { margins: Float64Array.from(margins), label, group };
}

function pair(group: string, chosen: readonly number[], rejected: readonly number[]): TrackPair {
  return { chosen: track(1, group, ...chosen), rejected: track(0, group, ...rejected) };
}

test('counts pairs won, all of them and by length', () => {
  const long = Array.from({ length: 20 }, () => 1);
  const found = measurePairs([
    pair('a', [3, 0], [1]), // longer; loses by the last, wins by the mean, loses by the minimum
    pair('b', [1], [1]), // a tie in everything
    pair('c', [2], [3, 1]), // shorter; wins by the last and the minimum, ties by the mean
    pair('d', [...long, 2], long), // 5 % longer; wins, but for a tie of the minimum
    pair('e', [...long.slice(0, 18), 0], [...long, 2]), // two of twenty-one shorter: still similar
  ]);
  const shares = ({ won, pairs }: (typeof found)['all']) => [
    pairs,
    ...[won?.last, won?.mean, won?.min].map((each) => each?.value),
  ];
  expect(shares(found.all)).toEqual([5, 2.5 / 5, 3 / 5, 2 / 5]);
  expect(shares(found.similarLength)).toEqual([3, 1.5 / 3, 1.5 / 3, 1 / 3]);
  expect(shares(found.chosenLonger)).toEqual([2, 1 / 2, 2 / 2, 0.5 / 2]);
  expect(shares(found.chosenShorter)).toEqual([2, 1 / 2, 0.5 / 2, 1 / 2]);
  expect(found.longerWins).toBe(2.5 / 5);
});

test('says that there is no pair of a kind', () => {
  const { similarLength, chosenShorter } = measurePairs([pair('a', [1, 2, 3], [0])]);
  expect([similarLength, chosenShorter]).toEqual([{ pairs: 0 }, { pairs: 0 }]);
});

test('a pair is won as often as its own AUROC says', () => {
  const margin = fc.integer({ min: -3, max: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(margin, margin), { minLength: 1, maxLength: 30 }), (drawn) => {
      const { won } = measurePairs(drawn.map(([c, r], i) => pair(String(i), [c], [r]))).all;
      const areas = drawn.map(([c, r]) => bootstrapAuroc([c, r], [1, 0], ['', ''], { resamples: 1 }).auroc);
      expect(won?.last.value).toBeCloseTo(areas.reduce((sum, area) => sum + area, 0) / areas.length, 12);
      expect(won?.last.low).toBeLessThanOrEqual(won?.last.high ?? NaN);
    }),
    { numRuns: 20 },
  );
});
