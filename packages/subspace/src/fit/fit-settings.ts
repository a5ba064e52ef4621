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

/** Options of a fit that shape its result. */
export interface FitChoices {
  /** Name of the attribute, kebab-case. */
  readonly attribute: string;
  /**
   * Layer to read, 0 (embedding) to the number of blocks. Of several, one is chosen by how well they tell the sides apart
   * when directions are cross-validated by group on the rows fitted on; those held out have no say.
   */
  readonly layer: number | readonly number[];
  /** Default `auroc`. */
  readonly layerBy?: LayerBy;
  /** Whether all of the layers are read, their states end to end, instead of one of them (default false). */
  readonly stack?: boolean;
  /** Default `cross-validated`. */
  readonly estimator?: Estimator;
  /** Default `every`. */
  readonly positions?: Positions;
  /** Default `none`. With `prompt`, rows of one prompt must follow one another; one that stands alone is not used. */
  readonly centring?: Centring;
  /**
   * Whether rows come in pairs: one with the label 1, then one with the label 0 of the same prompt and group. They
   * are judged by the share of pairs in which the first has the larger margin, and their margins are calibrated
   * so that a difference is the log-odds that the first is the better one (default false).
   */
  readonly pairs?: boolean;
  /** Whether a prompt is given to the model as a user's turn in its chat template (default false). */
  readonly chat?: boolean;
  /**
   * Share of the groups that calibration and figures are measured on, in (0, 1) (default 0.2; none are set aside where
   * the data are small, see {@link FitChoices.crossValidate}).
   */
  readonly heldOut?: number;
  /**
   * Whether calibration and figures come from repeated stratified cross-validation by group, in place of groups that are
   * set aside: the subspace is fitted on all rows, and each row is measured by directions that were fitted without its
   * group. Holds the hidden states of all rows in memory (64 positions of a longer response). Default: where `heldOut` is
   * not given and there are at most 100 rows, or at most 1,000 of which fewer than 30 groups are of a side.
   */
  readonly crossValidate?: boolean;
  /** Seed of the split and of the bootstrap: a non-negative integer (default 0). */
  readonly seed?: number;
  /** Keep a subspace that is not better than chance; it says so for ever after (default false). */
  readonly force?: boolean;
}

/** Options that shape the result, with every default filled in. */
export type CheckedFitOptions = Required<Omit<FitChoices, 'layer' | 'crossValidate'>> & {
  /** As in {@link FitChoices}; where it is undefined the size of the data decides. */
  readonly crossValidate: boolean | undefined;
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
  /** As in {@link FitChoices}; it decides what is measured on the rows held out. */
  readonly layerBy: LayerBy;
  /** Whether the layers are read together, and not one of them. */
  readonly stack: boolean;
  /** As in {@link FitChoices}. */
  readonly estimator: Estimator;
  /** As in {@link FitChoices}. */
  readonly positions: Positions;
  /** As in {@link FitChoices}. */
  readonly centring: Centring;
  /** As in {@link FitChoices}. */
  readonly pairs: boolean;
  /** As in {@link FitChoices}. */
  readonly chat: boolean;
  /** As in {@link FitChoices}; 0 where all rows are summed up, because figures are cross-validated. */
  readonly heldOut: number;
  /** As in {@link FitChoices}. */
  readonly seed: number;
}

/** The layer sets among which one is chosen: each layer by itself, or all of them end to end. */
export function layerSetsOf({
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
