import type {
  AnyDecodeOptions,
  ByNameOrNot,
  Completion,
  Halfspace,
  TunedWeight,
  WeightedPrompt,
} from '@halfspace/core';
import { bootstrap, weightedMean, type Estimate, type WeightedStatistic } from '@halfspace/subspace';
import { distinct } from './metrics/n-grams.js';
import { perplexity } from './metrics/perplexity.js';

/** What to measure, on what. All else is as for `generate`. */
export interface FrontierOptions<Name extends string = string> extends Omit<
  AnyDecodeOptions<Name>,
  'weights' | 'measure' | 'formula' | 'bonus' | 'control' | 'trace' | 'samples'
> {
  /** Texts or conversations that the model goes on with; if the weights were chosen by a measurement, not those that it was made on. */
  readonly prompts: readonly (string | WeightedPrompt<Name>)[];
  /** By attribute, nats per unit of margin; margins count up to `cap`, or what comes with each attribute. */
  readonly weights: ByNameOrNot<Name, TunedWeight>;
  /** What the weights are multiplied by (default: 0, 0.25, 0.5, 1, 2 and 4). */
  readonly scales?: readonly number[];
  /** Completions of each prompt (default 1). */
  readonly samples?: number;
  /** Ends the work with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every completion that is done, of all that there will be. */
  readonly onProgress?: (progress: {
    /** Completions that are done. */
    readonly done: number;
    /** All of them, over all scales. */
    readonly total: number;
  }) => void;
}

/** What weights of one size bring, and what they cost. Intervals are 95 %, by a bootstrap over prompts. */
export interface FrontierPoint<Name extends string = string> {
  /** What the weights were multiplied by. */
  readonly scale: number;
  /** By attribute, so multiplied. */
  readonly weights: Readonly<Record<Name, number>>;
  /** KL(q‖p) a token, nats; with lazy look-ahead of estimates that are right on average. */
  readonly kl: Estimate;
  /** By attribute, the mean margin of the text after each token, in log-odds. */
  readonly margins: Readonly<Record<Name, Estimate>>;
  /** Of the completions after their prompts, under the unsteered model and its whole vocabulary. */
  readonly perplexity: Estimate;
  /** Candidates that were run through the model, a token. */
  readonly evaluations: Estimate;
  /** Different pairs of words among the completions of a prompt, divided by their words; mean over the prompts. */
  readonly distinct2: Estimate;
}

const SCALES = [0, 0.25, 0.5, 1, 2, 4];

/**
 * Completes prompts with weights of several sizes, by the same noise, and measures how far each goes and how far it
 * gets: the frontier on which to choose.
 *
 * @typeParam Name - Names of the attributes; leave it to be inferred.
 * @returns A point for each scale, in their order.
 * @throws HalfspaceError as `generate`; the error of a completion that ended with one
 */
export async function measureFrontier<Name extends string>(
  halfspace: Halfspace<Name>,
  options: FrontierOptions<NoInfer<Name>>,
): Promise<FrontierPoint<Name>[]>;
export async function measureFrontier(
  halfspace: Halfspace,
  options: FrontierOptions,
): Promise<FrontierPoint[]> {
  const { weights, scales = SCALES, onProgress, ...decoding } = options;
  const perScale = options.prompts.length * (options.samples ?? 1);
  const points: FrontierPoint[] = [];
  for (const [index, scale] of scales.entries()) {
    const scaled = Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name, scale * numberOf(weight)]),
    );
    const capped = Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [name, scaledBy(scale, weight)]),
    );
    const completions: Completion[] = [];
    onProgress?.({ done: index * perScale, total: scales.length * perScale });
    for await (const event of halfspace.stream({ ...decoding, weights: capped })) {
      if (event.type !== 'completion') continue;
      if (event.completion.error !== undefined) throw event.completion.error;
      completions.push(event.completion);
      onProgress?.({ done: index * perScale + completions.length, total: scales.length * perScale });
    }
    // In one order, whichever ended first, so that the figures are the same to the last bit.
    completions.sort((a, b) => a.promptIndex - b.promptIndex || a.sample - b.sample);
    points.push({ scale, weights: scaled, ...figuresOf(completions, Object.keys(weights)) });
  }
  return points;
}

function numberOf(weight: TunedWeight): number {
  return typeof weight === 'object' ? weight.weight : weight;
}

function scaledBy(scale: number, weight: TunedWeight): TunedWeight {
  return typeof weight === 'object' ? { ...weight, weight: scale * weight.weight } : scale * weight;
}

function figuresOf(
  completions: readonly Completion[],
  names: readonly string[],
): Omit<FrontierPoint, 'scale' | 'weights'> {
  const groups = completions.map(({ promptIndex }) => promptIndex);
  const tokens = completions.map((each) => each.tokens.length);
  const estimate = (statistic: WeightedStatistic) => bootstrap(groups, statistic);
  const aToken = (values: readonly number[]) => estimate(weightedRatio(values, tokens));
  const margins = names.map((name) => {
    // Margins are of tokens that became part of the text; of a text without any the mean is NaN.
    const written = completions.map((each) => each.tokens.length - (each.finishReason === 'end' ? 1 : 0));
    const sums = completions.map(({ margins: of }, i) => (written[i] === 0 ? 0 : of[name].mean * written[i]));
    return [name, estimate(weightedRatio(sums, written))];
  });
  const prompts = [...new Set(groups)];
  const distinctOf = (prompt: number) =>
    distinct(
      completions.filter(({ promptIndex }) => promptIndex === prompt).map(({ text }) => text),
      2,
    );
  const diverse = prompts.map(distinctOf).filter((value) => !Number.isNaN(value));
  return {
    kl: aToken(completions.map(({ kl }) => kl)),
    margins: Object.fromEntries(margins) as Record<string, Estimate>,
    perplexity: estimate(perplexity(completions.map(({ logprob }, i) => ({ logprob, tokens: tokens[i] })))),
    evaluations: aToken(completions.map(({ evaluations }) => evaluations)),
    distinct2: bootstrap([...diverse.keys()], weightedMean(diverse)),
  };
}

/** A sum over the items divided by another. */
function weightedRatio(numerators: readonly number[], denominators: readonly number[]): WeightedStatistic {
  return (timesOf) => {
    let [above, below] = [0, 0];
    for (let i = 0; i < numerators.length; i++) {
      above += timesOf(i) * numerators[i];
      below += timesOf(i) * denominators[i];
    }
    return above / below;
  };
}
