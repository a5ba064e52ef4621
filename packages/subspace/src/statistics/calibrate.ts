import { type Calibration, HalfspaceError } from '@halfspace/core';

/**
 * Strength of the prior on the slope, in responses, when distances are in standard deviations: a
 * Gaussian of variance 1000. It moves the slope of overlapping data by less than a part in ten thousand,
 * and keeps that of separable data finite (about 10 for a few dozen responses).
 */
const RIDGE = 1e-3;
const MOST_STEPS = 100;

/**
 * Logistic regression of the label on the distance (Platt scaling without his smoothing of the labels),
 * by Newton's method with step halving. Maximises
 * Σ wᵢ log p(labelᵢ | distanceᵢ) − slope² · variance · ridge / 2, with a ridge of 0.001.
 *
 * @param distances - Finite numbers.
 * @param labels - A number from 0 to 1 for each.
 * @param weights - How much each item counts (default: 1); their sum is the number of responses.
 * @throws HalfspaceError `one-sided-data` when a label is missing; `slope-not-positive` when larger
 * distances do not go with the label 1.
 */
export function calibrate(
  distances: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number> = new Float64Array(distances.length).fill(1),
): Calibration {
  const data = standardise(distances, labels, weights);
  let at = { slope: 0, intercept: Math.log(data.positive / (data.total - data.positive)) };
  let loss = lossAt(data, at);
  for (let step = 0; step < MOST_STEPS; step++) {
    const move = newtonStep(data, at);
    let size = 1;
    let next = at;
    let nextLoss = loss;
    do {
      next = { slope: at.slope - size * move.slope, intercept: at.intercept - size * move.intercept };
      nextLoss = lossAt(data, next);
      size /= 2;
    } while (!(nextLoss <= loss) && size > 1e-10);
    if (!(nextLoss <= loss)) break;
    const moved = Math.abs(next.slope - at.slope) + Math.abs(next.intercept - at.intercept);
    [at, loss] = [next, nextLoss];
    if (moved < 1e-12 * (1 + Math.abs(at.slope) + Math.abs(at.intercept))) break;
  }
  const slope = at.slope / data.deviation;
  if (!(slope > 0)) {
    throw new HalfspaceError(
      'slope-not-positive',
      'On these responses a larger distance does not go with the label 1, so a margin cannot be made of it.',
    );
  }
  return { slope, intercept: at.intercept - slope * data.mean };
}

/** Items with distances of mean 0 and variance 1, which makes Newton's equations well conditioned. */
interface Standardised {
  readonly z: Float64Array;
  readonly labels: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  readonly mean: number;
  readonly deviation: number;
  readonly total: number;
  /** Weight of the items of label 1. */
  readonly positive: number;
}

function standardise(
  distances: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): Standardised {
  let total = 0;
  let positive = 0;
  let sum = 0;
  for (let i = 0; i < distances.length; i++) {
    total += weights[i];
    positive += weights[i] * labels[i];
    sum += weights[i] * distances[i];
  }
  if (!(positive > 0 && positive < total)) {
    throw new HalfspaceError('one-sided-data', 'Calibration needs responses of label 1 and of label 0.');
  }
  const mean = sum / total;
  let square = 0;
  for (let i = 0; i < distances.length; i++) square += weights[i] * (distances[i] - mean) ** 2;
  // Equal distances have no slope, whatever they are divided by.
  const deviation = Math.sqrt(square / total) || 1;
  const z = Float64Array.from(distances, (distance) => (distance - mean) / deviation);
  return { z, labels, weights, mean, deviation, total, positive };
}

function lossAt({ z, labels, weights }: Standardised, { slope, intercept }: Calibration): number {
  let loss = (RIDGE * slope ** 2) / 2;
  for (let i = 0; i < z.length; i++) {
    const logOdds = slope * z[i] + intercept;
    // −log p of the two labels differ by the log-odds; what they share is computed without overflow.
    const against = labels[i] * Math.max(-logOdds, 0) + (1 - labels[i]) * Math.max(logOdds, 0);
    loss += weights[i] * (against + Math.log1p(Math.exp(-Math.abs(logOdds))));
  }
  return loss;
}

/** H⁻¹ g of the loss: what Newton's method subtracts. */
function newtonStep({ z, labels, weights }: Standardised, { slope, intercept }: Calibration): Calibration {
  let gSlope = RIDGE * slope;
  let gIntercept = 0;
  let hSlope = RIDGE;
  let hMixed = 0;
  // Keeps the step finite where every probability has saturated; the step is then halved as needed.
  let hIntercept = 1e-12;
  for (let i = 0; i < z.length; i++) {
    const probability = 1 / (1 + Math.exp(-(slope * z[i] + intercept)));
    const error = weights[i] * (probability - labels[i]);
    const curvature = weights[i] * probability * (1 - probability);
    gSlope += error * z[i];
    gIntercept += error;
    hSlope += curvature * z[i] * z[i];
    hMixed += curvature * z[i];
    hIntercept += curvature;
  }
  const determinant = hSlope * hIntercept - hMixed * hMixed;
  return {
    slope: (hIntercept * gSlope - hMixed * gIntercept) / determinant,
    intercept: (hSlope * gIntercept - hMixed * gSlope) / determinant,
  };
}
