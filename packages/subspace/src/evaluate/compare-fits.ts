import { type Backend, HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { FEWEST_ROWS } from '../data/check-rows.js';
import { crossValidate, directionOf } from '../fit/cross-validate.js';
import { checkFitOptions, type FitOptions } from '../fit/fit-options.js';
import { type CheckedFitOptions, settingsOf } from '../fit/fit-settings.js';
import { type Axis, distancesOf } from '../data/measured-response.js';
import { type ResponseStates, statesAt } from '../data/response-states.js';
import { overBlocks, type Rows } from '../fit/row-blocks.js';
import { hashOf } from '../data/split.js';
import { type DataReport, auditData, type DataAudit } from '../fit/audit-data.js';
import { createGrowingSums, type GrowingSums, type SummedRows } from './growing-sums.js';
import { createSeparation, type SeparationFigures } from './separation.js';

/** A direction to be fitted and judged beside others. */
export interface FitVariant {
  /** Layers read, their states end to end. */
  readonly layers: readonly number[];
  /** Share of the groups fitted on, above 0 and at most 1. The groups of a share are among those of a larger one. */
  readonly share: number;
}

/** Settings of {@link compareFits}. Those of a fit mean what they mean there; rows of both kinds are pairs, or neither. */
export type CompareFitsOptions = Pick<
  FitOptions,
  'estimator' | 'positions' | 'centring' | 'pairs' | 'chat' | 'seed' | 'onReport' | 'onProgress' | 'signal'
>;

/** What came of a variant. */
export interface FitFigures extends FitVariant {
  /** Rows fitted on. */
  readonly rows: number;
  /** Groups fitted on. */
  readonly groups: number;
  /**
   * How well it tells apart rows that it was not fitted on; missing where its share has fewer than ten rows of a side,
   * or nothing varies at its layers.
   */
  readonly figures?: SeparationFigures;
}

/** Variants of a fit, judged on the same rows. */
export interface FitComparison {
  /** What was fitted on. */
  readonly training: DataReport;
  /** How many of the rows judged on were fitted on, too, by prompt and response: they make the figures flatter. */
  readonly shared: number;
  /** In the order of the variants. */
  readonly fits: readonly FitFigures[];
}

/**
 * Fits directions at several layers, or on growing shares of the data, and judges each of them on other rows: a sweep
 * over layers, a learning curve, or both. The model runs once over the rows of either kind. What is kept of them are sums, for
 * each set of layers and each step of its shares, and a few numbers for each row.
 *
 * @param training - Rows to fit on, all of them; they are gone through twice.
 * @param judged - Rows to judge on, gone through twice; a label of one half or more counts as 1.
 * @throws HalfspaceError before any work of the model: `bad-option`, `unknown-layer`, `no-data`, `one-sided-data`,
 * `too-little-data`, and naming the row `bad-row`, `empty-response` and `context-overflow`. Later: `aborted`,
 * `not-finite`.
 */
export async function compareFits(
  backend: Backend,
  training: Rows,
  judged: Rows,
  variants: readonly FitVariant[],
  options: CompareFitsOptions = {},
): Promise<FitComparison> {
  const settings = checkVariants(variants, options, backend);
  // What rows are judged by is their states as they are.
  const plain = { ...settings, centring: 'none' } as const;
  const audits = [
    await auditData(backend, training, settings, options.signal),
    await auditData(backend, judged, plain, options.signal),
  ] as const;
  checkClasses(audits[0], FEWEST_ROWS, 'to fit on');
  checkClasses(audits[1], 1, 'to judge on');
  options.onReport?.(audits[0].report);
  const run: Run = { backend, options, progress: progressOf(options, audits) };

  const texts = new Set<number>();
  const sums = createSums(variants, settings, backend);
  await goOver(run, training, settings, (responses) => {
    for (const { row } of responses) texts.add(textOf(row));
    for (const each of sums.values()) each.add(responses);
  });
  const fitted = variants.map(({ layers, share }) => sumsAt(sums, layers).upTo(share));
  const axes = fitted.map(axisOf);
  const separations = variants.map(() => createSeparation());
  let shared = 0;
  await goOver(run, judged, plain, ([response]) => {
    const { row } = response;
    if (texts.has(textOf(row))) shared++;
    axes.forEach((axis, index) => {
      if (axis === undefined) return;
      const states = statesAt(response, variants[index].layers, backend.model.width);
      separations[index].add(row, distancesOf(states, axis));
    });
  });
  return {
    training: audits[0].report,
    shared,
    fits: variants.map((variant, index) => ({
      ...variant,
      rows: fitted[index].rows,
      groups: fitted[index].groups,
      ...(axes[index] && { figures: separations[index].measure(settings) }),
    })),
  };
}

/** The options of fits that hold nothing out. */
function checkVariants(
  variants: readonly FitVariant[],
  options: CompareFitsOptions,
  { model }: Backend,
): CheckedFitOptions {
  for (const { layers, share } of variants) {
    if (layers.length > 0 && share > 0 && share <= 1) continue;
    throw new HalfspaceError(
      'bad-option',
      `A variant needs a layer and a share above 0 and at most 1; got ${JSON.stringify({ layers, share })}.`,
    );
  }
  const layer = variants.flatMap(({ layers }) => layers);
  return { ...checkFitOptions({ ...options, attribute: 'variant', layer }, model), heldOut: 0 };
}

function checkClasses({ splits: { fitting } }: DataAudit, fewest: number, purpose: string): void {
  for (const [label, rows] of [fitting.negative, fitting.positive].entries()) {
    if (rows >= fewest) continue;
    throw new HalfspaceError(
      rows === 0 ? 'one-sided-data' : 'too-little-data',
      `${rows === 0 ? 'No' : `Only ${rows}`} rows ${purpose} have the label ${label}; at least ${fewest} are needed.`,
    );
  }
}

/** What both kinds of rows are gone over with. */
interface Run {
  readonly backend: Backend;
  readonly options: CompareFitsOptions;
  readonly progress: (tokens: number) => void;
}

/** Reports progress over the rows of both kinds. */
function progressOf({ onProgress }: CompareFitsOptions, audits: readonly DataAudit[]): Run['progress'] {
  const total = audits.reduce((sum, { work }) => sum + work.fitting, 0);
  let done = 0;
  return (tokens) => {
    done += tokens;
    onProgress?.({ done, total });
  };
}

async function goOver(
  { backend, options, progress }: Run,
  rows: Rows,
  settings: CheckedFitOptions,
  onResponses: (responses: readonly ResponseStates[]) => void,
): Promise<void> {
  await overBlocks(backend, rows, {
    settings: settingsOf(settings, backend.model),
    split: 'fitting',
    layers: settings.layers,
    counted: [],
    signal: options.signal,
    onResponses(responses) {
      onResponses(responses);
      progress(responses.reduce((sum, { row }) => sum + row.tokens.length, 0));
    },
    onBlock: async () => undefined,
  });
}

/** The sums of all variants, by their layers. */
function createSums(
  variants: readonly FitVariant[],
  settings: CheckedFitOptions,
  { model }: Backend,
): ReadonlyMap<string, GrowingSums> {
  return new Map(
    variants.map(({ layers }) => {
      const shares = variants
        .filter((other) => other.layers.join() === layers.join())
        .map(({ share }) => share);
      const stacked = settingsOf({ ...settings, layers, stack: true }, model);
      return [layers.join(), createGrowingSums(stacked, shares)];
    }),
  );
}

function sumsAt(sums: ReadonlyMap<string, GrowingSums>, layers: readonly number[]): GrowingSums {
  const found = sums.get(layers.join());
  if (found === undefined) throw new Error(`There are no sums of the layers ${layers.join()}.`);
  return found;
}

/** The direction that was fitted, if there is one. */
function axisOf({ state, rows, positive }: SummedRows): Axis | undefined {
  if (Math.min(positive, rows - positive) < FEWEST_ROWS) return undefined;
  try {
    const { direction, offset } = directionOf(state, crossValidate(state));
    return { direction: Float32Array.from(direction), offset };
  } catch (error) {
    if (isHalfspaceError(error, 'degenerate-data')) return undefined;
    throw error;
  }
}

function textOf({ prompt, response }: { readonly prompt: string; readonly response: string }): number {
  return hashOf(JSON.stringify([prompt, response]));
}
