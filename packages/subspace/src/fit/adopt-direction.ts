import { type Backend, HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { checkBalance } from '../data/check-rows.js';
import { distancesOf, type MeasuredResponse, measureResponse } from '../data/measured-response.js';
import { statesAt } from '../data/response-states.js';
import { hashOf } from '../data/split.js';
import {
  encodeDirection,
  isAboveChance,
  judgedBy,
  type SubspaceArtifact,
} from '../artifact/subspace-artifact.js';
import { readingsOf } from '../artifact/readings.js';
import { PACKAGE_VERSION } from '../version.js';
import { auditData } from './audit-data.js';
import { calibrateResponses, measureFigures } from './figures.js';
import { checkFitOptions } from './fit-options.js';
import { settingsOf } from './fit-settings.js';
import { overBlocks, type Rows } from './row-blocks.js';

/** Settings of {@link adoptDirection}. */
export interface AdoptOptions {
  /** Name of the attribute, kebab-case. */
  readonly attribute: string;
  /** Layer that the direction is of, 0 (embedding) to the number of blocks. */
  readonly layer: number;
  /** From text that lacks the value to text that has it, as wide as the model; of any length above 0. */
  readonly direction: Float32Array;
  /** Seed of the bootstrap (default 0). */
  readonly seed?: number;
  /** Keep what is not better than chance (default false). */
  readonly force?: boolean;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a subspace of a direction that comes from elsewhere, such as a control vector. Labelled rows that it was not made of
 * calibrate it and say how good it is; all of them measure, since none was fitted on.
 *
 * @throws HalfspaceError `bad-option` for a direction of another width, or of length 0; `not-above-chance`; and as
 * `fitSubspace` for the rows
 */
export async function adoptDirection(
  backend: Backend,
  rows: Rows,
  options: AdoptOptions,
): Promise<SubspaceArtifact> {
  const { model } = backend;
  const { attribute, layer, seed = 0, force = false, signal } = options;
  const direction = unitOf(options.direction, model.width);
  const checked = checkFitOptions({ attribute, layer, seed, force, crossValidate: true }, model);
  const { all, report } = await auditData(backend, rows, checked, signal);
  checkBalance(all);
  const settings = { ...settingsOf(checked, model), heldOut: 0 };
  const responses: { readonly number: number; readonly measured: MeasuredResponse }[] = [];
  await overBlocks(backend, rows, {
    settings,
    split: 'fitting',
    layers: [layer],
    counted: [],
    signal,
    onResponses([states]) {
      const { number, label, group } = states.row;
      const distances = distancesOf(statesAt(states, [layer], model.width), { direction, offset: 0 });
      responses.push({ number, measured: measureResponse(distances, { label, group: hashOf(group) }) });
    },
    onBlock: async () => Promise.resolve(),
  });
  responses.sort((a, b) => a.number - b.number);
  const measured = responses.map((each) => each.measured);
  const figures = measureFigures(measured, seed, false);
  const good = isAboveChance(figures, 'every');
  if (!good && !force) throw notAboveChance(attribute, layer, figures);
  const { warnings: _, crossValidation: __, heldOut, digest, tokens } = report;
  return {
    format: 'halfspace-subspace',
    version: 2,
    attribute,
    model: { name: model.name, fingerprint: model.fingerprint, width: model.width },
    layers: [layer],
    estimator: 'imported',
    positions: 'every',
    centring: 'none',
    chat: false,
    direction: encodeDirection(direction),
    offset: 0,
    calibration: calibrationOf(measured, () => notAboveChance(attribute, layer, figures)),
    ...readingsOf(model),
    data: { digest, ...heldOut, tokens, heldOut: { ...heldOut, share: 1, seed } },
    figures,
    ...(good ? {} : { forced: true as const }),
    createdWith: PACKAGE_VERSION,
  };
}

function unitOf(direction: Float32Array, width: number): Float32Array {
  const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  if (direction.length === width && norm > 0 && Number.isFinite(norm))
    return direction.map((value) => value / norm);
  throw new HalfspaceError(
    'bad-option',
    direction.length === width
      ? 'The direction has the length 0.'
      : `The direction has ${direction.length} numbers and the model's hidden states have ${width}: it is of another model.`,
  );
}

function calibrationOf(measured: readonly MeasuredResponse[], fault: () => HalfspaceError) {
  try {
    return calibrateResponses(measured, 'every');
  } catch (error) {
    throw isHalfspaceError(error, 'slope-not-positive') ? fault() : error;
  }
}

function notAboveChance(
  attribute: string,
  layer: number,
  figures: SubspaceArtifact['figures'],
): HalfspaceError {
  const { value, low, high } = judgedBy(figures, 'every');
  return new HalfspaceError(
    'not-above-chance',
    `The direction "${attribute}" at layer ${layer} is not better than chance on these texts: AUROC ${value.toFixed(3)}, ` +
      `95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}. Check that it is of this model and layer, and its sign.`,
  );
}
