import { type Backend, type Calibration, HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { addResponses, settle } from './add-responses.js';
import { candidateDepth } from './candidate-depth.js';
import { checkBalance } from '../data/check-rows.js';
import { type Choice, crossValidate, directionOf } from './cross-validate.js';
import type { FittedDirection } from './fit-direction.js';
import { type KeptUnit, measureOutOfFold } from './out-of-fold.js';
import { calibrateOutOfFold, measureFiguresOutOfFold } from './out-of-fold-figures.js';
import { keepResponse } from '../data/kept-response.js';
import type { CrossValidation } from '../data/row-counts.js';
import { calibrateResponses, measureFigures } from './figures.js';
import type { Figures } from '../artifact/figures.js';
import { type CheckedFitOptions, layerSetsOf, settingsOf } from './fit-settings.js';
import { checkFitOptions, type FitOptions } from './fit-options.js';
import { assertSameSettings, copyFitState, createFitState, type FitState } from './fit-state.js';
import { type CountedRows, otherState } from './counted-rows.js';
import { type Axis, distancesOf, type MeasuredResponse, measureResponse } from '../data/measured-response.js';
import { calibratePairs } from './held-out-pairs.js';
import { type ResponseStates, statesAt } from '../data/response-states.js';
import { overBlocks, type Rows } from './row-blocks.js';
import { hashOf } from '../data/split.js';
import {
  encodeDirection,
  isAboveChance,
  judgedBy,
  type SubspaceArtifact,
} from '../artifact/subspace-artifact.js';
import { auditData, type DataAudit } from './audit-data.js';
import { readingsOf } from '../artifact/readings.js';
import { PACKAGE_VERSION } from '../version.js';

/**
 * Fits a subspace on labelled responses, and calibrates and measures it on groups that were held out.
 * Each row runs through the model once. The same rows, options and model give the same artifact, whether in one
 * run or in one that goes on from the state of another.
 *
 * @param rows - Labelled responses, in any order; they are gone through three times. What is kept of them are sums,
 * and a few numbers for each row, so they may be more than fit into memory.
 * @throws HalfspaceError before any work of the model: `bad-attribute`, `bad-option`, `unknown-layer`,
 * `no-data`, `one-sided-data`, `too-little-data`, and naming the row `bad-row`, `empty-response` and
 * `context-overflow`; `other-state`. Later: `aborted`, `not-finite`, `degenerate-data`, and `not-above-chance` when
 * the interval of what the subspace is judged by is not above 0.5 and `force` is not set.
 */
export async function fitSubspace(
  backend: Backend,
  rows: Rows,
  options: FitOptions,
): Promise<SubspaceArtifact> {
  const { model } = backend;
  const checked = checkFitOptions(options, model);
  // A state has summed up the rows of one split, or all of them: it has decided.
  const decided = options.state && options.state.settings.heldOut === 0;
  const wanted = { ...checked, crossValidate: checked.crossValidate ?? decided };
  const audit = await auditData(backend, rows, wanted, options.signal);
  const { crossValidation } = audit.report;
  checkBalance(audit.all, crossValidation ? undefined : audit.splits);
  options.onReport?.(audit.report);
  const settings = crossValidation ? { ...checked, heldOut: 0 } : checked;
  const run: Run = { backend, rows, options, settings, audit };

  const measured = await (crossValidation ? fitOutOfFold(run, crossValidation) : fitAndHoldOut(run));
  const { layerSets, choice, fitted, direction, figures } = measured;
  const layers = layerSets[choice.layerSet];
  const aboveChance = isAboveChance(figures, settings.positions);
  if (!aboveChance && !settings.force) throw notAboveChance(settings, layers, figures);
  const { report } = audit;
  return {
    format: 'halfspace-subspace',
    version: 2,
    attribute: settings.attribute,
    model: { name: model.name, fingerprint: model.fingerprint, width: model.width },
    layers,
    ...(layerSets.length > 1
      ? { layerScores: layerSets.map(([layer], i) => ({ layer, ...choice.scores[i] })) }
      : {}),
    estimator: settings.estimator,
    positions: settings.positions,
    centring: settings.centring,
    chat: settings.chat,
    ...(fitted.shrinkage === undefined ? {} : { shrinkage: fitted.shrinkage }),
    direction: encodeDirection(direction),
    offset: fitted.offset,
    calibration: calibration(measured, settings, layers),
    ...readingsOf(model),
    data: {
      digest: report.digest,
      rows: report.rows,
      positive: report.positive,
      negative: report.negative,
      groups: report.groups,
      tokens: report.tokens,
      heldOut: {
        ...report.heldOut,
        share: crossValidation ? 1 / crossValidation.folds : settings.heldOut,
        seed: settings.seed,
        ...(crossValidation && { crossValidation }),
      },
    },
    figures,
    ...(aboveChance ? {} : { forced: true as const }),
    createdWith: PACKAGE_VERSION,
  };
}

/** A direction, and what was measured of it. */
interface Measured {
  readonly layerSets: readonly (readonly number[])[];
  readonly choice: Choice;
  readonly fitted: FittedDirection;
  readonly direction: Float32Array;
  readonly figures: Figures;
  /** @throws HalfspaceError `slope-not-positive` */
  readonly calibrate: () => Calibration;
}

/** Fits on the rows of one split, and measures those of the other. */
async function fitAndHoldOut(run: Run): Promise<Measured> {
  const { seed, pairs, positions } = run.settings;
  const summed = await sumRows(run);
  const layerSets = layerSetsOf(summed.settings);
  const choice = crossValidate(summed, costOf(run));
  const fitted = directionOf(summed, choice);
  const direction = Float32Array.from(fitted.direction);
  const axis = { direction, offset: fitted.offset };
  const measured = await measureRows(run, summed, layerSets[choice.layerSet], axis);
  return {
    layerSets,
    choice,
    fitted,
    direction,
    figures: measureFigures(measured, seed, pairs),
    calibrate: () => (pairs ? calibratePairs(measured, positions) : calibrateResponses(measured, positions)),
  };
}

/** Fits on all rows, and measures each along directions that were fitted without its group. */
async function fitOutOfFold(run: Run, { folds }: CrossValidation): Promise<Measured> {
  const { backend, options, settings } = run;
  const kept: KeptUnit[] = [];
  const keep = (responses: readonly ResponseStates[]): void => {
    const { layers } = settings;
    kept.push(responses.map((response) => keepResponse(response, layers, backend.model.width)));
  };
  const summed = await sumRows(run, options.state === undefined ? keep : undefined);
  if (options.state !== undefined) await rerunRows(run, summed, keep);
  const { signal } = options;
  const outOfFold = await measureOutOfFold(kept, {
    settings: summed.settings,
    folds,
    costOf: costOf(run) ?? (() => 0),
    signal,
  });
  const { choice } = outOfFold;
  const fitted = directionOf(summed, choice);
  const { seed, pairs, positions } = settings;
  return {
    layerSets: layerSetsOf(summed.settings),
    choice,
    fitted,
    direction: Float32Array.from(fitted.direction),
    figures: measureFiguresOutOfFold(outOfFold.figures, seed, pairs),
    calibrate: () => calibrateOutOfFold(outOfFold.calibration, positions, pairs),
  };
}

function costOf({ settings, backend }: Run): ((layers: readonly number[]) => number) | undefined {
  return settings.layerBy === 'cost' ? (read) => candidateDepth(read, backend.model) : undefined;
}

/** Runs all rows again whose hidden states an earlier run has summed up and not kept. */
async function rerunRows(
  { backend, rows, options, settings }: Run,
  state: FitState,
  onResponses: (responses: readonly ResponseStates[]) => void,
): Promise<void> {
  await overBlocks(backend, rows, {
    settings: state.settings,
    split: 'fitting',
    layers: settings.layers,
    counted: [],
    signal: options.signal,
    onResponses,
    onBlock: async () => undefined,
  });
}

/**
 * Sums up the rows of one shard of the data, to be merged with those of others by `mergeFitStates` and finished by
 * `fitSubspace` with the option `state`, over the rows of all shards in the order of the merge. Rows held out are left to it.
 *
 * @throws HalfspaceError as {@link fitSubspace} does before any work of the model but for too little data, and later
 * `aborted`, `not-finite`
 */
export async function sumUp(backend: Backend, rows: Rows, options: FitOptions): Promise<FitState> {
  const checked = checkFitOptions(options, backend.model);
  // What a shard has says nothing of how much there is: that figures are cross-validated must be asked for.
  const settings = checked.crossValidate ? { ...checked, heldOut: 0 } : { ...checked, crossValidate: false };
  const audit = await auditData(backend, rows, settings, options.signal);
  options.onReport?.(audit.report);
  return sumRows({ backend, rows, options, settings, audit });
}

/** A fit that is going on. */
interface Run {
  readonly backend: Backend;
  readonly rows: Rows;
  readonly options: FitOptions;
  readonly settings: CheckedFitOptions;
  readonly audit: DataAudit;
}

/** Sums up the hidden states of the rows fitted on, from where the state that was given ends. */
async function sumRows(
  { backend, rows, options, settings, audit }: Run,
  onStates?: (responses: readonly ResponseStates[]) => void,
): Promise<FitState> {
  const wanted = settingsOf(settings, backend.model);
  if (options.state !== undefined) assertSameSettings(options.state.settings, wanted);
  let state = options.state === undefined ? createFitState(wanted) : copyFitState(options.state);
  const progress = progressOf(options, audit, tokensOf(state.counted));
  await overBlocks(backend, rows, {
    settings: wanted,
    split: 'fitting',
    layers: settings.layers,
    counted: state.counted,
    signal: options.signal,
    onResponses(responses) {
      addResponses(state, responses);
      onStates?.(responses);
      progress(responses.reduce((sum, { row }) => sum + row.tokens.length, 0));
    },
    async onBlock(counted) {
      settle(state);
      if (state.measured !== undefined) throw otherState('Rows were added to the data since.');
      state = { ...state, counted };
      await options.onState?.(state);
    },
  });
  return state;
}

/** Measures the rows held out, from where the state ends. */
async function measureRows(
  { backend, rows, options, audit }: Run,
  state: FitState,
  layers: readonly number[],
  axis: Axis,
): Promise<readonly MeasuredResponse[]> {
  const { counted: known, responses } = state.measured ?? { counted: [], responses: [] };
  const measured = [...responses];
  const progress = progressOf(options, audit, audit.work.fitting + tokensOf(known));
  let block: { readonly number: number; readonly response: MeasuredResponse }[] = [];
  await overBlocks(backend, rows, {
    settings: state.settings,
    split: 'heldOut',
    layers,
    counted: known,
    signal: options.signal,
    onResponses([states]) {
      const { row } = states;
      const response = measureResponse(distancesOf(statesAt(states, layers, backend.model.width), axis), {
        label: row.label,
        group: hashOf(row.group),
      });
      block.push({ number: row.number, response });
      progress(row.tokens.length);
    },
    async onBlock(counted) {
      block.sort((a, b) => a.number - b.number);
      measured.push(...block.map(({ response }) => response));
      block = [];
      await options.onState?.({ ...state, measured: { counted, responses: measured } });
    },
  });
  return measured;
}

function tokensOf(counted: readonly CountedRows[]): number {
  return counted.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** Reports progress over the whole fit, of which some is done. */
function progressOf({ onProgress }: FitOptions, { work }: DataAudit, before: number) {
  let done = before;
  return (tokens: number): void => {
    done += tokens;
    onProgress?.({ done, total: work.fitting + work.heldOut });
  };
}

/** A subspace that points the wrong way on held-out text has no calibration, forced or not. */
function calibration(
  { calibrate, figures }: Measured,
  settings: CheckedFitOptions,
  layers: readonly number[],
): Calibration {
  try {
    return calibrate();
  } catch (error) {
    if (!isHalfspaceError(error, 'slope-not-positive')) throw error;
    throw notAboveChance(settings, layers, figures, error);
  }
}

function notAboveChance(
  { attribute, positions }: CheckedFitOptions,
  layers: readonly number[],
  figures: Figures,
  cause?: unknown,
): HalfspaceError {
  const { what, value, low, high } = judgedBy(figures, positions);
  const advice =
    cause === undefined
      ? 'Add data, try another layer, or force it if you must.'
      : 'It even points the wrong way, so it cannot be forced. Check that label 1 is the desired side.';
  return new HalfspaceError(
    'not-above-chance',
    `The subspace "${attribute}" at layer ${layers.join(' and ')} is not better than chance on held-out text: ${what} ` +
      `${value.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}. ${advice}`,
    { cause },
  );
}
