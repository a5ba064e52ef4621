import type { MeasuredResponse } from '../data/measured-response.js';
import { createMoments, mergeMoments, type Moments, restoreMoments } from './moments.js';
import { type FitSettings, layerSetsOf, vectorWidth } from './fit-settings.js';
import { type CountedRows, otherState } from './counted-rows.js';

/** Parts of the rows fitted on among which directions are cross-validated where something has to be chosen. */
const FOLDS = 4;

/** The hidden states of one class, at the last positions and at every one; only what is fitted on is there. */
export interface ClassMoments {
  /** Of the states after the last token of each response. */
  readonly last?: Moments;
  /** Of the states after every token. */
  readonly every?: Moments;
}

/**
 * What a fit keeps of the rows that it has gone over: sufficient statistics, whose size does not depend on the
 * number of rows, and a few numbers for each row held out. Make it with `sumUp` or take it from `onState`; write it
 * with `writeFitState`. Its sums are live.
 */
export interface FitState {
  /** What the sums depend on. */
  readonly settings: FitSettings;
  /** The rows summed up, in order: one entry, or one for each shard. */
  readonly counted: readonly CountedRows[];
  /** By fold, layer set (a layer, or the stack of all) and label. */
  readonly sums: readonly (readonly (readonly [negative: ClassMoments, positive: ClassMoments])[])[];
  /** What was measured on rows held out, once all rows are summed up. */
  readonly measured?: {
    /** The rows that were gone over. */
    readonly counted: readonly CountedRows[];
    /** In the order of the rows. */
    readonly responses: readonly MeasuredResponse[];
  };
}

/** A state of no rows. */
export function createFitState(settings: FitSettings): FitState {
  return { settings, counted: [], sums: sumsBy(settings, () => createClassMoments(settings)) };
}

/** Whether cross-validation has something to choose: a layer set, or an amount of shrinkage. */
export function hasChoice(settings: FitSettings): boolean {
  return layerSetsOf(settings).length > 1 || settings.estimator === 'cross-validated';
}

/** Sums of every fold, layer set and label. There are no folds where there is nothing to choose. */
export function sumsBy(
  settings: FitSettings,
  make: (fold: number, layerSet: number, label: 0 | 1) => ClassMoments,
): FitState['sums'] {
  const layerSets = layerSetsOf(settings);
  return Array.from({ length: hasChoice(settings) ? FOLDS : 1 }, (_, fold) =>
    layerSets.map((__, layerSet) => [make(fold, layerSet, 0), make(fold, layerSet, 1)] as const),
  );
}

/** Moments of no states, of the positions that are fitted on. */
export function createClassMoments(settings: FitSettings): ClassMoments {
  const width = vectorWidth(settings);
  return {
    ...(settings.positions === 'every' ? {} : { last: createMoments(width) }),
    ...(settings.positions === 'last' ? {} : { every: createMoments(width) }),
  };
}

/** A state that can be added to without changing this one. */
export function copyFitState(state: FitState): FitState {
  return {
    ...state,
    sums: sumsBy(state.settings, (fold, layerSet, label) => {
      const { last, every } = state.sums[fold][layerSet][label];
      return {
        ...(last && { last: restoreMoments(last) }),
        ...(every && { every: restoreMoments(every) }),
      };
    }),
  };
}

/** The moments of two sets of rows of a class as those of one. */
export function mergeClassMoments(a: ClassMoments, b: ClassMoments): ClassMoments {
  return {
    ...(a.last && b.last ? { last: mergeMoments(a.last, b.last) } : {}),
    ...(a.every && b.every ? { every: mergeMoments(a.every, b.every) } : {}),
  };
}

/**
 * The state of two shards, as if the rows of `b` had followed those of `a` in one run: a fit that goes on from it over
 * all rows in that order differs by rounding only. Both stay as they are.
 *
 * @throws HalfspaceError `other-state` when their settings differ, or rows would be counted twice
 */
export function mergeFitStates(a: FitState, b: FitState): FitState {
  assertSameSettings(a.settings, b.settings);
  const known = new Set(a.counted.map(({ digest }) => digest));
  if (b.counted.some(({ digest }) => known.has(digest))) {
    throw otherState('Both states have counted the same rows.');
  }
  return {
    settings: a.settings,
    counted: [...a.counted, ...b.counted],
    sums: sumsBy(a.settings, (fold, layerSet, label) =>
      mergeClassMoments(a.sums[fold][layerSet][label], b.sums[fold][layerSet][label]),
    ),
  };
}

/** @throws HalfspaceError `other-state`, naming the first setting that differs */
export function assertSameSettings(found: FitSettings, wanted: FitSettings): void {
  for (const key of Object.keys(wanted) as (keyof FitSettings)[]) {
    const [one, other] = [JSON.stringify(found[key]), JSON.stringify(wanted[key])];
    if (one === other) continue;
    throw otherState(`It was made with ${key} ${one}, and now ${key} is ${other}.`);
  }
}
