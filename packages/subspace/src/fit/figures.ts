import type { Calibration } from '@halfspace/core';
import { type AurocInterval, bootstrapAuroc } from '../statistics/auroc.js';
import { calibrate } from '../statistics/calibrate.js';
import type { Positions } from '../data/labelled-text.js';
import type { MeasuredResponse } from '../data/measured-response.js';
import { measureHeldOutPairs } from './held-out-pairs.js';
import type { Figures } from '../artifact/figures.js';

/**
 * @param pairs - Whether the responses are chosen and rejected ones, taking turns.
 * @throws HalfspaceError `one-sided-data`
 */
export function measureFigures(
  responses: readonly MeasuredResponse[],
  seed: number,
  pairs: boolean,
): Figures {
  const figure = (read: (response: MeasuredResponse) => ArrayLike<number>): AurocInterval => {
    const { scores, labels, groups } = flatten(responses, read);
    return bootstrapAuroc(scores, labels, groups, { seed });
  };
  return {
    last: figure(({ distances }) => distances.subarray(-1)),
    mean: figure(({ mean }) => [mean]),
    min: figure(({ min }) => [min]),
    every: figure(({ distances }) => distances),
    ...(pairs ? { pairs: measureHeldOutPairs(responses, seed) } : {}),
  };
}

/**
 * Calibration on the positions that the direction was fitted on, with the same weight: with `both`, half of it on the last
 * one. Each response counts once.
 *
 * @param divisions - How often each response is there (default 1).
 * @throws HalfspaceError `one-sided-data`, `slope-not-positive`
 */
export function calibrateResponses(
  responses: readonly MeasuredResponse[],
  positions: Positions,
  divisions = 1,
): Calibration {
  const last = flatten(responses, ({ distances }) => distances.subarray(-1));
  const every = flatten(responses, ({ distances }) => distances);
  if (positions !== 'both') {
    const { scores, labels, weights } = positions === 'last' ? last : every;
    return calibrate(
      scores,
      labels,
      weights.map((weight) => weight / divisions),
    );
  }
  return calibrate(
    [...last.scores, ...every.scores],
    [...last.labels, ...every.labels],
    [...last.weights, ...every.weights].map((weight) => weight / 2 / divisions),
  );
}

/** The items of some responses in one list; a response's items share its weight of 1. */
export function flatten(
  responses: readonly MeasuredResponse[],
  read: (response: MeasuredResponse) => ArrayLike<number>,
) {
  const scores: number[] = [];
  const labels: number[] = [];
  const groups: number[] = [];
  const weights: number[] = [];
  for (const response of responses) {
    const items = read(response);
    for (let i = 0; i < items.length; i++) {
      scores.push(items[i]);
      labels.push(response.label);
      groups.push(response.group);
      weights.push(1 / items.length);
    }
  }
  return { scores, labels, groups, weights };
}
