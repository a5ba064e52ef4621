import type { ModelInfo } from '@halfspace/core';
import type { FitOptions } from '@halfspace/subspace';
import type { FitFlags } from './flags.js';
import { arePairs } from '../../data/labelled-texts.js';

/** Where a subspace is read unless the user says where, as a share of the blocks. */
const DEFAULT_HEIGHT = 0.6;

/** The options of a fit, as the flags say. */
export function fitOptionsOf(flags: FitFlags, model: ModelInfo): FitOptions {
  const { attribute, layerBy, stack, estimator, positions, centring, chat, heldOut, crossValidate } = flags;
  const { seed, force } = flags;
  return {
    attribute,
    layer: flags.layer ?? Math.round(model.layers * DEFAULT_HEIGHT),
    pairs: arePairs(flags),
    ...(layerBy !== undefined && { layerBy }),
    ...(stack !== undefined && { stack }),
    ...(estimator !== undefined && { estimator }),
    ...(positions !== undefined && { positions }),
    ...(centring !== undefined && { centring }),
    ...(chat !== undefined && { chat }),
    ...(heldOut !== undefined && { heldOut }),
    ...(crossValidate !== undefined && { crossValidate }),
    ...(seed !== undefined && { seed }),
    ...(force !== undefined && { force }),
  };
}
