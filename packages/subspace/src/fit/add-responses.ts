import type { ClassMoments, FitState } from './fit-state.js';
import { type FitSettings, layerSetsOf, vectorWidth } from './fit-settings.js';
import { type ResponseStates, statesAt } from '../data/response-states.js';
import { foldOf } from '../data/split.js';

/**
 * Adds the hidden states of some responses to the sums of a state. Where states are centred they are responses to one
 * prompt, of which there must be two at least to say anything.
 */
export function addResponses({ settings, sums }: FitState, responses: readonly ResponseStates[]): void {
  const fold = sums[foldOf(responses[0].row.group, sums.length, settings.seed)];
  for (const [index, layerSet] of layerSetsOf(settings).entries()) {
    addToClasses(fold[index], responses, layerSet, settings);
  }
}

/** Adds the hidden states of some responses at one layer set, as {@link addResponses} does. */
export function addToClasses(
  [negative, positive]: readonly [negative: ClassMoments, positive: ClassMoments],
  responses: readonly ResponseStates[],
  layerSet: readonly number[],
  settings: FitSettings,
): void {
  const { centring } = settings;
  const width = vectorWidth(settings);
  if (centring === 'prompt' && responses.length < 2) return;
  const states = responses.map((response) => statesAt(response, layerSet, settings.width));
  for (const site of ['last', 'every'] as const) {
    if (negative[site] === undefined) continue;
    const taken = site === 'last' ? states.map((each) => each.subarray(-width)) : states;
    const vectors = centring === 'prompt' ? centred(taken, width) : taken;
    for (const [i, { row }] of responses.entries()) {
      if (row.label > 0) positive[site]?.add(vectors[i], row.label);
      if (row.label < 1) negative[site]?.add(vectors[i], 1 - row.label);
    }
  }
}

/** Sums up what waits, so that the sums are the same whether they are taken down here or not. */
export function settle({ sums }: FitState): void {
  for (const moments of sums.flat(2)) {
    moments.last?.settle();
    moments.every?.settle();
  }
}

/** Vectors less the mean of them all. */
function centred(parts: readonly Float32Array[], width: number): Float64Array[] {
  const mean = new Float64Array(width);
  let count = 0;
  for (const part of parts) {
    count += part.length / width;
    part.forEach((value, i) => (mean[i % width] += value));
  }
  for (let i = 0; i < width; i++) mean[i] /= count;
  return parts.map((part) => Float64Array.from(part, (value, i) => value - mean[i % width]));
}
