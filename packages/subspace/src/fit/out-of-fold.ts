import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '@halfspace/core';
import { addToClasses } from './add-responses.js';
import {
  amountsOf,
  type Choice,
  choiceOf,
  judgeFold,
  type JudgedFold,
  type MomentsByClass,
  scoreOf,
} from './cross-validate.js';
import { type FitSettings, layerSetsOf } from './fit-settings.js';
import { createClassMoments, hasChoice } from './fit-state.js';
import type { FittedDirection } from './fit-direction.js';
import { distancesOf, type MeasuredResponse, measureResponse } from '../data/measured-response.js';
import type { KeptResponse } from '../data/kept-response.js';
import { statesAt } from '../data/response-states.js';
import { hashOf } from '../data/split.js';
import { stratifiedFolds } from './stratified-folds.js';
import { DIVISIONS } from './small-data.js';

/** Rows that were measured by directions which do not know them. */
export interface OutOfFold {
  /** Chosen by all divisions of the rows. */
  readonly choice: Choice;
  /**
   * For the figures, fold by fold of every division, in the order of the rows: layer set and shrinkage were chosen without
   * the fold, too.
   */
  readonly figures: readonly (readonly MeasuredResponse[])[];
  /** For the calibration, the same along directions of {@link OutOfFold.choice}, whose distances are of one scale. */
  readonly calibration: readonly MeasuredResponse[];
}

/** Rows that belong together: those of a prompt where states are centred, else one. */
export type KeptUnit = readonly KeptResponse[];

/** Settings of {@link measureOutOfFold}. */
export interface OutOfFoldOptions {
  readonly settings: FitSettings;
  /** Parts of a division. */
  readonly folds: number;
  /** What it costs to read some layers; as `crossValidate` takes it. */
  readonly costOf: (layers: readonly number[]) => number;
  readonly signal?: AbortSignal | undefined;
}

/** Rows divided in folds. */
interface Division {
  readonly folds: readonly (readonly KeptUnit[])[];
  /** By layer set and fold. */
  readonly judged: readonly (readonly NestedFold[])[];
}

/** A fold, and what is known of a layer set without it. */
interface NestedFold {
  /** Directions that were fitted on all other folds. */
  readonly outer: JudgedFold;
  /** Its two neighbours, and directions that were fitted without the one and without the fold itself. */
  readonly inner: readonly JudgedFold[];
}

/**
 * Repeated stratified cross-validation by group. The rows are divided in folds several times. Directions are fitted on
 * all folds but one, and measure the rows of that one. What is chosen for a fold, a layer set and an amount of shrinkage,
 * is chosen by directions that do not know the fold either: they are fitted without it and without one of two other folds,
 * and judged on that one.
 *
 * @throws HalfspaceError `aborted`
 */
export async function measureOutOfFold(
  units: readonly KeptUnit[],
  { settings, folds: count, costOf, signal }: OutOfFoldOptions,
): Promise<OutOfFold> {
  const layerSets = layerSetsOf(settings);
  const costs = layerSets.map(costOf);
  const rows = units.flat().map(({ row }) => row);
  const divisions: Division[] = [];
  for (let division = 0; division < DIVISIONS; division++) {
    const foldOf = stratifiedFolds(rows, count, `division ${division}:${settings.seed}`);
    const folds = Array.from({ length: count }, (_, fold) =>
      units.filter(([{ row }]) => foldOf.get(row.group) === fold),
    );
    const judged: NestedFold[][] = [];
    for (const layerSet of layerSets) judged.push(await judgeLayerSet(folds, layerSet, settings, signal));
    divisions.push({ folds, judged });
  }
  const scores = layerSets.map((_, layerSet) =>
    scoreOf(
      settings,
      divisions.flatMap(({ judged }) => judged[layerSet].map(({ outer }) => outer)),
      count,
    ),
  );
  const choice = hasChoice(settings) ? choiceOf(scores, costs) : { layerSet: 0, scores: [] };
  const measured = divisions.flatMap(({ folds, judged }) =>
    folds.map((fold, index) => {
      const others = judged.map((of) => scoreOf(settings, of[index].inner));
      const along = (chosen: Choice) =>
        measureFold(
          fold,
          layerSets[chosen.layerSet],
          settings,
          directionFor(judged, index, chosen, settings),
        );
      const chosen = hasChoice(settings) ? choiceOf(others, costs) : choice;
      return { figures: along(chosen), calibration: along(choice) };
    }),
  );
  return {
    choice,
    figures: measured.map(({ figures }) => figures),
    calibration: measured.flatMap(({ calibration }) => calibration),
  };
}

/** Directions at one layer set, each fitted without one of the folds, and those by which to choose without it. */
async function judgeLayerSet(
  folds: readonly (readonly KeptUnit[])[],
  layerSet: readonly number[],
  settings: FitSettings,
  signal: AbortSignal | undefined,
): Promise<NestedFold[]> {
  const sums = folds.map((units): MomentsByClass => {
    const classes = [createClassMoments(settings), createClassMoments(settings)] as const;
    for (const unit of units) addToClasses(classes, unit, layerSet, settings);
    return classes;
  });
  const judgedWithout = async (without: readonly number[]): Promise<JudgedFold[]> => {
    // A fit at a wide layer takes a while: whatever else waits has its turn.
    await setImmediate();
    throwIfAborted(signal);
    return judgeFold(settings, sums, without);
  };
  const outer: JudgedFold[] = [];
  const inner: JudgedFold[][] = folds.map(() => []);
  for (const index of sums.keys()) {
    outer.push(...(await judgedWithout([index])));
    if (!hasChoice(settings)) continue;
    // What knows neither of two neighbours judges for both.
    const next = (index + 1) % folds.length;
    const [onThis, onNext] = await judgedWithout([index, next]);
    inner[index].push(onNext);
    inner[next].push(onThis);
  }
  return outer.map((judged, index) => ({ outer: judged, inner: inner[index] }));
}

function directionFor(
  judged: Division['judged'],
  fold: number,
  { layerSet, shrinkage }: Choice,
  settings: FitSettings,
): FittedDirection | undefined {
  return judged[layerSet][fold].outer.directions?.[amountsOf(settings).indexOf(shrinkage)];
}

/** Without a direction every distance is 0. */
function measureFold(
  units: readonly KeptUnit[],
  layerSet: readonly number[],
  { width }: FitSettings,
  fitted: FittedDirection | undefined,
): MeasuredResponse[] {
  const axis = {
    direction: Float32Array.from(fitted?.direction ?? new Float64Array(width * layerSet.length)),
    offset: fitted?.offset ?? 0,
  };
  const responses = units.flat().sort((a, b) => a.row.number - b.row.number);
  return responses.map((response) => {
    const { label, group } = response.row;
    const distances = distancesOf(statesAt(response, layerSet, width), axis);
    return measureResponse(distances, { label, group: hashOf(group), tokens: response.length });
  });
}
