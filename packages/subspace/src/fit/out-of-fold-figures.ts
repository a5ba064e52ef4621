import type { Calibration } from '@halfspace/core';
import { type AurocInterval, rankedWins } from '../statistics/auroc.js';
import { bootstrap } from '../statistics/bootstrap.js';
import { areaInterval, shareInterval, tailOf } from '../statistics/few-groups.js';
import type { Figures, HeldOutPairs, PairShares, ShareInterval } from '../artifact/figures.js';
import type { Positions } from '../data/labelled-text.js';
import type { MeasuredResponse } from '../data/measured-response.js';
import { calibrateResponses, flatten } from './figures.js';
import { calibratePairs, measureHeldOutPairs } from './held-out-pairs.js';
import { DIVISIONS } from './small-data.js';

/** Responses that were measured along one direction, which does not know them. */
type Fold = readonly MeasuredResponse[];

/**
 * Figures of responses that were measured out of fold. Of a pair of responses of the two sides it is asked which has the
 * larger distance only where both were measured along one direction, that is in one fold: distances along several are not
 * of one scale. The bootstrap draws groups, with all that was measured of them in every division. An interval is never
 * narrower than so few groups allow for a figure, whatever the draws say: twenty rows without a mistake are no certainty.
 *
 * @param pairs - Whether responses are chosen and rejected ones, taking turns.
 */
export function measureFiguresOutOfFold(folds: readonly Fold[], seed: number, pairs: boolean): Figures {
  const all = folds.flat();
  const figure = (read: (response: MeasuredResponse) => ArrayLike<number>): AurocInterval =>
    areaOf(folds, read, seed);
  return {
    last: figure(({ distances }) => distances.subarray(-1)),
    mean: figure(({ mean }) => [mean]),
    min: figure(({ min }) => [min]),
    every: figure(({ distances }) => distances),
    ...(pairs ? { pairs: pairShares(all, seed) } : {}),
  };
}

/**
 * Calibration on distances out of fold. Labels are drawn a little towards the middle, as if there were one more row on
 * each side (Platt 1999): of few rows, all on their side, the next one need not be.
 *
 * @throws HalfspaceError `one-sided-data`, `slope-not-positive`
 */
export function calibrateOutOfFold(
  responses: readonly MeasuredResponse[],
  positions: Positions,
  pairs: boolean,
): Calibration {
  const rows = responses.length / DIVISIONS;
  if (pairs) {
    const count = rows / 2;
    return calibratePairs(responses, positions, {
      divisions: DIVISIONS,
      certainty: (count + 1) / (count + 2),
    });
  }
  const positive = responses.reduce((sum, { label }) => sum + label, 0) / DIVISIONS;
  const [upper, lower] = [(positive + 1) / (positive + 2), 1 / (rows - positive + 2)];
  const smoothed = responses.map((response) => ({
    ...response,
    label: response.label * upper + (1 - response.label) * lower,
  }));
  return calibrateResponses(smoothed, positions, DIVISIONS);
}

function areaOf(
  folds: readonly Fold[],
  read: (response: MeasuredResponse) => ArrayLike<number>,
  seed: number,
): AurocInterval {
  const groups: number[] = [];
  const parts = folds.map((fold) => {
    const items = flatten(fold, read);
    const from = groups.length;
    for (const group of items.groups) groups.push(group);
    const count = rankedWins(items.scores, items.labels);
    return (timesOf: (item: number) => number) => count((item) => timesOf(from + item));
  });
  const { value, low, high } = bootstrap(
    groups,
    (timesOf) => {
      let [wins, pairs] = [0, 0];
      for (const part of parts) {
        const found = part(timesOf);
        wins += found.wins;
        pairs += found.pairs;
      }
      return wins / pairs;
    },
    { seed, tail: tailOf(new Set(groups).size) },
  );
  const [negatives, positives] = groupsBySide(folds.flat());
  return { auroc: value, ...widest({ low, high }, areaInterval(value, positives, negatives)) };
}

function pairShares(responses: readonly MeasuredResponse[], seed: number): HeldOutPairs {
  const groups = new Set(responses.map(({ group }) => group)).size;
  const { similarLength, ...all } = measureHeldOutPairs(responses, seed, tailOf(groups));
  const widened = (shares: PairShares): PairShares => {
    const count = shares.count / DIVISIONS;
    const items = Math.min(count, groups);
    const wide = ({ share, ...ends }: ShareInterval) => ({
      share,
      ...widest(ends, shareInterval(share, items)),
    });
    return { count, last: wide(shares.last), mean: wide(shares.mean), min: wide(shares.min) };
  };
  return { ...widened(all), ...(similarLength && { similarLength: widened(similarLength) }) };
}

/** How many groups have a response that is rather on a side. */
function groupsBySide(responses: readonly MeasuredResponse[]): [negative: number, positive: number] {
  const sides = [new Set<number>(), new Set<number>()] as const;
  for (const { label, group } of responses) sides[label >= 0.5 ? 1 : 0].add(group);
  return [sides[0].size, sides[1].size];
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

function widest(a: Ends, b: Ends): Ends {
  return { low: Math.max(0, Math.min(a.low, b.low)), high: Math.min(1, Math.max(a.high, b.high)) };
}
