import { type Backend, HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { checkBalance, checkRows, countRows } from './check-rows.js';
import type { Calibration } from './calibrate.js';
import { dataDigest } from './data-digest.js';
import { calibrateResponses, type Figures, type MeasuredResponse, measureFigures } from './figures.js';
import { fitDirection } from './fit-direction.js';
import { checkFitOptions, type CheckedFitOptions, type FitOptions } from './fit-options.js';
import { type LabelledText, type Positions, readPositions } from './labelled-text.js';
import { createMoments, mergeMoments, type Moments, weightMoments } from './moments.js';
import { type EncodedRow, encodeRows, responseStates, type ResponseStates } from './response-states.js';
import { splitByGroup } from './split.js';
import { encodeDirection, isAboveChance, type SubspaceArtifact } from './subspace-artifact.js';
import { PACKAGE_VERSION } from './version.js';

/**
 * Fits a subspace on labelled responses, and calibrates and measures it on groups that were held out.
 * Each row runs through the model once. The same rows, options and model give the same artifact.
 *
 * @param rows - Labelled responses, in any order.
 * @throws HalfspaceError before any work of the model: `bad-attribute`, `bad-option`, `unknown-layer`,
 * `no-data`, `bad-row`, `one-sided-data`, `too-little-data`, and naming the row `empty-response` and
 * `context-overflow`. Later: `aborted`, `not-finite`, `degenerate-data`, and `not-above-chance` when the
 * interval of the AUROC at the positions fitted on is not above 0.5 and `force` is not set.
 */
export async function fitSubspace(
  backend: Backend,
  rows: readonly LabelledText[],
  options: FitOptions,
): Promise<SubspaceArtifact> {
  const { model } = backend;
  const settings = checkFitOptions(options, model);
  checkRows(rows);
  checkBalance(splitByGroup(rows, settings.heldOut, settings.seed));
  const encoded = encodeRows(backend, rows);
  const { fitting, heldOut } = splitByGroup(encoded, settings.heldOut, settings.seed);
  const run = createRun(backend, settings.layer, rows.length, options);

  const fitted = await fitOn(run(fitting), model.width, settings);
  const direction = Float32Array.from(fitted.direction);
  const measured = await measureOn(run(heldOut), direction, fitted.offset, settings.layer);
  const figures = measureFigures(measured, settings.seed);
  const aboveChance = isAboveChance(figures, settings.positions);
  if (!aboveChance && !settings.force) throw notAboveChance(settings, figures);
  return {
    format: 'halfspace-subspace',
    version: 1,
    attribute: settings.attribute,
    model: { name: model.name, fingerprint: model.fingerprint, width: model.width },
    layer: settings.layer,
    estimator: settings.estimator,
    positions: settings.positions,
    ...(fitted.shrinkage === undefined ? {} : { shrinkage: fitted.shrinkage }),
    direction: encodeDirection(direction),
    offset: fitted.offset,
    calibration: calibration(measured, settings, figures),
    data: {
      digest: options.dataDigest ?? dataDigest(rows),
      ...countRows(rows),
      tokens: encoded.reduce((sum, { tokens, start }) => sum + tokens.length - start, 0),
      heldOut: { ...countRows(heldOut), share: settings.heldOut, seed: settings.seed },
    },
    figures,
    ...(aboveChance ? {} : { forced: true as const }),
    createdWith: PACKAGE_VERSION,
  };
}

/** Runs parts of the rows and reports progress over all of them. */
function createRun(backend: Backend, layer: number, total: number, { signal, onProgress }: FitOptions) {
  let done = 0;
  return async function* (rows: readonly EncodedRow[]): AsyncGenerator<ResponseStates> {
    for await (const states of responseStates(backend, rows, [layer], signal)) {
      yield states;
      done++;
      onProgress?.({ done, total });
    }
  };
}

async function fitOn(
  responses: AsyncIterable<ResponseStates>,
  width: number,
  { layer, estimator, positions }: CheckedFitOptions,
) {
  const sides = [createSide(width), createSide(width)];
  for await (const response of responses) {
    const states = response.hidden(layer);
    const { last, every } = sides[response.row.label];
    if (positions !== 'every') last.add(states.subarray(-width));
    if (positions !== 'last') every.add(states);
  }
  const [negative, positive] = sides.map((side) => momentsAt(positions, side));
  return fitDirection(estimator, positive, negative);
}

/** The hidden states of one class, at the last positions and at every one. */
type Side = Record<'last' | 'every', Moments>;

function createSide(width: number): Side {
  return { last: createMoments(width), every: createMoments(width) };
}

function momentsAt(positions: Positions, { last, every }: Side): Moments {
  if (positions !== 'both') return positions === 'last' ? last : every;
  return mergeMoments(every, weightMoments(last, every.count / last.count));
}

async function measureOn(
  responses: AsyncIterable<ResponseStates>,
  direction: Float32Array,
  offset: number,
  layer: number,
): Promise<MeasuredResponse[]> {
  const measured: MeasuredResponse[] = [];
  for await (const response of responses) {
    const { label, group } = response.row;
    measured.push({ distances: distancesOf(response.hidden(layer), direction, offset), label, group });
  }
  return measured;
}

function distancesOf(states: Float32Array, direction: Float32Array, offset: number): Float64Array {
  const width = direction.length;
  return Float64Array.from({ length: states.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += direction[i] * states[row * width + i];
    return sum - offset;
  });
}

/** A subspace that points the wrong way on held-out text has no calibration, forced or not. */
function calibration(
  measured: readonly MeasuredResponse[],
  settings: CheckedFitOptions,
  figures: Figures,
): Calibration {
  try {
    return calibrateResponses(measured, settings.positions);
  } catch (error) {
    if (!isHalfspaceError(error, 'slope-not-positive')) throw error;
    throw notAboveChance(settings, figures, error);
  }
}

function notAboveChance(
  { attribute, positions, layer }: CheckedFitOptions,
  figures: Figures,
  cause?: unknown,
): HalfspaceError {
  const { auroc, low, high } = figures[readPositions(positions)];
  const advice =
    cause === undefined
      ? 'Add data, try another layer, or force it if you must.'
      : 'It even points the wrong way, so it cannot be forced. Check that label 1 is the desired side.';
  return new HalfspaceError(
    'not-above-chance',
    `The subspace "${attribute}" at layer ${layer} is not better than chance on held-out text: AUROC ` +
      `${auroc.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}. ${advice}`,
    { cause },
  );
}
