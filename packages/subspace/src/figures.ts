import { type AurocInterval, bootstrapAuroc } from './auroc.js';
import { calibrate, type Calibration } from './calibrate.js';
import { type Positions, readPositions } from './labelled-text.js';

/** A held-out response: its distances after each token, in order. */
export interface MeasuredResponse {
  readonly distances: Float64Array;
  readonly label: number;
  readonly group: string;
}

/** Held-out AUROC of the four ways to read a response, each with its bootstrap interval by group. */
export interface Figures {
  /** The distance after the last token. */
  readonly last: AurocInterval;
  /** The mean over the response's positions. */
  readonly mean: AurocInterval;
  /** The minimum over the response's positions. */
  readonly min: AurocInterval;
  /** Every position as an item of its own, with the response's label. */
  readonly every: AurocInterval;
}

/** @throws HalfspaceError `one-sided-data` */
export function measureFigures(responses: readonly MeasuredResponse[], seed: number): Figures {
  const figure = (read: (distances: Float64Array) => ArrayLike<number>): AurocInterval => {
    const { scores, labels, groups } = flatten(responses, read);
    return bootstrapAuroc(scores, labels, groups, { seed });
  };
  return {
    last: figure((distances) => distances.subarray(-1)),
    mean: figure((distances) => [distances.reduce((sum, value) => sum + value, 0) / distances.length]),
    min: figure((distances) => [distances.reduce((least, value) => Math.min(least, value))]),
    every: figure((distances) => distances),
  };
}

/**
 * Calibration on the last position, or on every one unless the direction was fitted on last ones only; each
 * response counts once.
 *
 * @throws HalfspaceError `one-sided-data`, `slope-not-positive`
 */
export function calibrateResponses(
  responses: readonly MeasuredResponse[],
  positions: Positions,
): Calibration {
  const read = (distances: Float64Array) =>
    readPositions(positions) === 'last' ? distances.subarray(-1) : distances;
  const { scores, labels, weights } = flatten(responses, read);
  return calibrate(scores, labels, weights);
}

/** The items of all responses in one list; a response's items share its weight of 1. */
function flatten(
  responses: readonly MeasuredResponse[],
  read: (distances: Float64Array) => ArrayLike<number>,
) {
  const scores: number[] = [];
  const labels: number[] = [];
  const groups: string[] = [];
  const weights: number[] = [];
  for (const { distances, label, group } of responses) {
    const items = read(distances);
    for (let i = 0; i < items.length; i++) {
      scores.push(items[i]);
      labels.push(label);
      groups.push(group);
      weights.push(1 / items.length);
    }
  }
  return { scores, labels, groups, weights };
}
