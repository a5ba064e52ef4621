import type { FitOptions } from './fit-options.js';
import type { Estimator } from '../artifact/estimators.js';
import type { Centring, Positions } from '../data/labelled-text.js';

/**
 * By what a layer is chosen among several.
 * - `auroc`: the one that tells the sides apart best.
 * - `cost`: of those within one standard error of the best, the one for which candidates run the fewest blocks, and of
 *   equally cheap ones the best.
 */
export type LayerBy = 'auroc' | 'cost';

/** Every {@link LayerBy}. */
export const LAYER_BY: readonly LayerBy[] = ['auroc', 'cost'];

/** Options that shape the result, with every default filled in. */
export type CheckedFitOptions = Required<
  Omit<FitOptions, 'layer' | 'state' | 'onReport' | 'onState' | 'onProgress' | 'signal'>
> & {
  /** In ascending order, each once. */
  readonly layers: readonly number[];
};

/** What the sums of a fit depend on, besides the rows: a state goes on only with the same. */
export interface FitSettings {
  /** Fingerprint of the model. */
  readonly model: string;
  /** Width of its hidden states. */
  readonly width: number;
  /** Layers summed up, in ascending order. */
  readonly layers: readonly number[];
  /** As in {@link FitOptions}; it decides what is measured on the rows held out. */
  readonly layerBy: LayerBy;
  /** Whether the layers are read together, and not one of them. */
  readonly stack: boolean;
  /** As in {@link FitOptions}. */
  readonly estimator: Estimator;
  /** As in {@link FitOptions}. */
  readonly positions: Positions;
  /** As in {@link FitOptions}. */
  readonly centring: Centring;
  /** As in {@link FitOptions}. */
  readonly pairs: boolean;
  /** As in {@link FitOptions}. */
  readonly chat: boolean;
  /** As in {@link FitOptions}. */
  readonly heldOut: number;
  /** As in {@link FitOptions}. */
  readonly seed: number;
}

/** The layers of every reading among which one is chosen: each by itself, or all of them end to end. */
export function readingsOf({
  layers,
  stack,
}: Pick<FitSettings, 'layers' | 'stack'>): readonly (readonly number[])[] {
  return stack ? [layers] : layers.map((layer) => [layer]);
}

/** Numbers in the vector that a direction is fitted on. */
export function vectorWidth({ width, layers, stack }: FitSettings): number {
  return width * (stack ? layers.length : 1);
}

/** The settings of checked options. */
export function settingsOf(
  { layers, layerBy, stack, estimator, positions, centring, pairs, chat, heldOut, seed }: CheckedFitOptions,
  model: { readonly fingerprint: string; readonly width: number },
): FitSettings {
  const { fingerprint, width } = model;
  const rest = { layers, layerBy, stack, estimator, positions, centring, pairs, chat, heldOut, seed };
  return { model: fingerprint, width, ...rest };
}
