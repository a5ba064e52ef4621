import { defineAttribute, HalfspaceError, type ModelInfo } from '@halfspace/core';
import type { Estimator } from './fit-direction.js';
import { POSITIONS, type Positions } from './labelled-text.js';

/** How far a fit has come, in rows. */
export interface FitProgress {
  /** Rows done. */
  readonly done: number;
  /** Rows in all. */
  readonly total: number;
}

/** Settings of `fitSubspace`. */
export interface FitOptions {
  /** Name of the attribute, kebab-case. */
  readonly attribute: string;
  /** Layer to read, 0 (embedding) to the number of blocks. */
  readonly layer: number;
  /** Default `shrinkage`. */
  readonly estimator?: Estimator;
  /** Default `every`. */
  readonly positions?: Positions;
  /** Share of the groups that calibration and figures are measured on, in (0, 1) (default 0.2). */
  readonly heldOut?: number;
  /** Seed of the split and of the bootstrap: a non-negative integer (default 0). */
  readonly seed?: number;
  /** Names the data in the artifact (default: sha-256 of the rows as JSON lines). */
  readonly dataDigest?: string;
  /** Keep a subspace that is not better than chance; it says so for ever after (default false). */
  readonly force?: boolean;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each row. */
  readonly onProgress?: (progress: FitProgress) => void;
}

/** Options that shape the result, with every default filled in. */
export type CheckedFitOptions = Required<Omit<FitOptions, 'dataDigest' | 'signal' | 'onProgress'>>;

/**
 * Checks options against a model and fills in the defaults.
 *
 * @throws HalfspaceError `bad-attribute`, `bad-option`, `unknown-layer`
 */
export function checkFitOptions(options: FitOptions, model: ModelInfo): CheckedFitOptions {
  const { attribute, layer } = options;
  const { estimator = 'shrinkage', positions = 'every', heldOut = 0.2, seed = 0, force = false } = options;
  // Its name must do, and who knows the rule is core.
  defineAttribute({ name: attribute, description: attribute, subspaces: [] });
  insist(['paper', 'shrinkage'].includes(estimator), 'estimator', 'paper or shrinkage', estimator);
  insist(POSITIONS.includes(positions), 'positions', 'last, every or both', positions);
  insist(heldOut > 0 && heldOut < 1, 'heldOut', 'a share between 0 and 1', heldOut);
  insist(Number.isSafeInteger(seed) && seed >= 0, 'seed', 'an integer of at least 0', seed);
  if (!(Number.isInteger(layer) && layer >= 0 && layer <= model.layers)) {
    throw new HalfspaceError(
      'unknown-layer',
      `There is no layer ${layer}: ${model.name} has the layers 0 (embedding) to ${model.layers}.`,
    );
  }
  return { attribute, layer, estimator, positions, heldOut, seed, force };
}

function insist(holds: boolean, name: string, wanted: string, given: unknown): void {
  if (!holds) {
    throw new HalfspaceError('bad-option', `The option ${name} must be ${wanted}; got ${String(given)}.`);
  }
}
