import type { Calibration } from '@halfspace/core';
import { bootstrap, weightedMean } from '../statistics/bootstrap.js';
import { calibrate } from '../statistics/calibrate.js';
import { type Positions, readPositions } from '../data/labelled-text.js';
import type { MeasuredResponse } from '../data/measured-response.js';
import { areSimilar, type Pair, pairUp, win } from '../data/pairs.js';
import type { HeldOutPairs, PairShares, ShareInterval } from '../artifact/figures.js';

type Pooling = (response: MeasuredResponse) => number;

const POOLINGS = {
  last: ({ distances }) => distances[distances.length - 1],
  mean: ({ mean }) => mean,
  min: ({ min }) => min,
} as const satisfies Record<string, Pooling>;

/**
 * @param responses - Chosen and rejected ones, taking turns.
 * @param tail - Of the bootstrap.
 */
export function measureHeldOutPairs(
  responses: readonly MeasuredResponse[],
  seed: number,
  tail?: number,
): HeldOutPairs {
  const pairs = pairUp(responses);
  const similar = pairs.filter(({ chosen, rejected }) => areSimilar(chosen.tokens, rejected.tokens));
  return {
    ...sharesOf(pairs, seed, tail),
    ...(similar.length > 0 ? { similarLength: sharesOf(similar, seed, tail) } : {}),
  };
}

/**
 * Calibration by which the difference of the margins of two responses to one prompt is the log-odds that the
 * first is the better one (Bradley and Terry 1952). What it leaves open is set so that the mean margin is 0.
 *
 * @param responses - Chosen and rejected ones, taking turns.
 * @param counting - How often each pair is there (default 1), and how sure it is that the chosen one is better (default 1).
 * @throws HalfspaceError `one-sided-data`, `slope-not-positive`
 */
export function calibratePairs(
  responses: readonly MeasuredResponse[],
  positions: Positions,
  { divisions = 1, certainty = 1 }: { readonly divisions?: number; readonly certainty?: number } = {},
): Calibration {
  const read: Pooling = POOLINGS[readPositions(positions) === 'last' ? 'last' : 'mean'];
  const differences = pairUp(responses).map(({ chosen, rejected }) => read(chosen) - read(rejected));
  // Each pair both ways round, half each: no side is the first.
  const { slope } = calibrate(
    differences.flatMap((difference) => [difference, -difference]),
    differences.flatMap(() => [certainty, 1 - certainty]),
    new Float64Array(2 * differences.length).fill(0.5 / divisions),
  );
  const mean = responses.reduce((sum, response) => sum + read(response), 0) / responses.length;
  return { slope, intercept: -slope * mean };
}

function sharesOf(
  pairs: readonly Pair<MeasuredResponse>[],
  seed: number,
  tail: number | undefined,
): PairShares {
  const groups = pairs.map(({ chosen }) => chosen.group);
  const share = (read: Pooling): ShareInterval => {
    const wins = pairs.map(({ chosen, rejected }) => win(read(chosen) - read(rejected)));
    const { value, low, high } = bootstrap(groups, weightedMean(wins), {
      seed,
      ...(tail !== undefined && { tail }),
    });
    return { share: value, low, high };
  };
  return {
    count: pairs.length,
    last: share(POOLINGS.last),
    mean: share(POOLINGS.mean),
    min: share(POOLINGS.min),
  };
}
