import { defineAttribute, HalfspaceError, type ModelInfo } from '@halfspace/core';
import { ESTIMATORS } from '../artifact/estimators.js';
import type { FitState } from './fit-state.js';
import { CENTRINGS, POSITIONS } from '../data/labelled-text.js';
import type { DataReport } from './audit-data.js';
import { type CheckedFitOptions, type FitChoices, LAYER_BY } from './fit-settings.js';

/** How far a fit has come, in tokens that the model has run. */
export interface FitProgress {
  /** Tokens done. */
  readonly done: number;
  /** Tokens in all. */
  readonly total: number;
}

/** Settings of `fitSubspace`. */
export interface FitOptions extends FitChoices {
  /** What an earlier run over the first of these rows has summed up: it goes on from there. */
  readonly state?: FitState | undefined;
  /** Called with what is known of the data, before the model runs. */
  readonly onReport?: (report: DataReport) => void;
  /** Called after every few thousand tokens with what has been summed up so far, and waited for. */
  readonly onState?: (state: FitState) => Promise<void> | void;
  /** Called after each call of the model. */
  readonly onProgress?: (progress: FitProgress) => void;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks options against a model and fills in the defaults.
 *
 * @throws HalfspaceError `bad-attribute`, `bad-option`, `unknown-layer`
 */
export function checkFitOptions(options: FitOptions, model: ModelInfo): CheckedFitOptions {
  const { attribute, layer } = options;
  const { estimator = 'cross-validated', positions = 'every', centring = 'none' } = options;
  const {
    layerBy = 'auroc',
    stack = false,
    pairs = false,
    chat = false,
    heldOut = 0.2,
    seed = 0,
    force = false,
    crossValidate = options.heldOut === undefined ? undefined : false,
  } = options;
  // Its name must do, and who knows the rule is core.
  defineAttribute({ name: attribute, description: attribute, subspaces: [] });
  insist(LAYER_BY.includes(layerBy), 'layerBy', 'auroc or cost', layerBy);
  insist(ESTIMATORS.includes(estimator), 'estimator', 'paper, shrinkage or cross-validated', estimator);
  insist(POSITIONS.includes(positions), 'positions', 'last, every or both', positions);
  insist(CENTRINGS.includes(centring), 'centring', 'none or prompt', centring);
  insist(heldOut > 0 && heldOut < 1, 'heldOut', 'a share between 0 and 1', heldOut);
  insist(
    !(crossValidate === true && options.heldOut !== undefined),
    'crossValidate',
    'left out where heldOut is given, because nothing is held out',
    crossValidate,
  );
  insist(Number.isSafeInteger(seed) && seed >= 0, 'seed', 'an integer of at least 0', seed);
  const layers = [...new Set([layer].flat())].sort((a, b) => a - b);
  insist(layers.length > 0, 'layer', 'a layer or several', 'none');
  for (const each of layers) {
    if (Number.isInteger(each) && each >= 0 && each <= model.layers) continue;
    throw new HalfspaceError(
      'unknown-layer',
      `There is no layer ${each}: ${model.name} has the layers 0 (embedding) to ${model.layers}.`,
    );
  }
  const rest = { estimator, positions, centring, pairs, chat, heldOut, seed, force, crossValidate };
  return { attribute, layers, layerBy, stack, ...rest };
}

function insist(holds: boolean, name: string, wanted: string, given: unknown): void {
  if (!holds) {
    throw new HalfspaceError('bad-option', `The option ${name} must be ${wanted}; got ${String(given)}.`);
  }
}
