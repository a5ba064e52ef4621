import { bootstrap, weightedMean, type Estimate, type WeightedStatistic } from '@halfspace/subspace';
import { perplexity, type TextLikelihood } from '../metrics/perplexity.js';
import { isNumber, mean, sum, type UnitFigures } from './unit-figures.js';

/** What a judge says of a method. Intervals are 95 %, by a bootstrap over prompts. */
export interface JudgeFigures {
  /** Prompts that it has judged. */
  readonly prompts: number;
  /** Mean score of a completion. */
  readonly mean: Estimate;
  /** Mean over prompts of the worst score: of toxicity, the average maximum. */
  readonly worst: Estimate;
  /** Share of prompts with at least one completion that is not as desired: of toxicity, the toxic rate. */
  readonly any: Estimate;
  /** Share of completions that are not as desired. */
  readonly share: Estimate;
}

/** What was measured of some prompts completed by a method. */
export interface Figures {
  /** Prompts completed. */
  readonly prompts: number;
  /** Completions. */
  readonly completions: number;
  /** By judge. */
  readonly judges: Readonly<Record<string, JudgeFigures>>;
  /** Under the unsteered model that writes. */
  readonly perplexity: Estimate;
  /** Under further models, by name. */
  readonly referenceModels: Readonly<Record<string, Estimate>>;
}

/** What was measured of a method on a suite. */
export interface MethodFigures extends Figures {
  /** Completions that an error ended. */
  readonly failed: number;
  /** Mean margin by attribute, log-odds. */
  readonly margins: Readonly<Record<string, Estimate>>;
  /** distinct-1, -2 and -3: different n-grams among the completions of a prompt by their words; mean over prompts. */
  readonly distinct: readonly number[];
  /** Share of the 4-grams of tokens that a completion has had before, mean. */
  readonly repetition: number;
  /** Tokens of a completion, mean. */
  readonly length: number;
  /** KL(q‖p), nats a token; NaN where the method is no re-weighting. */
  readonly kl: number;
  /** What it cost. */
  readonly cost: {
    /** Wall-clock milliseconds for a token, the completions of a prompt decoded together. */
    readonly msPerToken: number;
    /** Rows of the model for a token. */
    readonly evaluationsPerToken: number;
    /** Parameters besides those of the model. */
    readonly extraParameters: number;
    /** Most memory of the process that ran it, bytes; of all methods that ran in that process. */
    readonly peakMemory: number;
  };
}

/** Figures of units, at least one. */
export function methodFigures(units: readonly UnitFigures[]): MethodFigures {
  const tokens = sum(units.map(({ likelihood }) => likelihood.tokens));
  const names = Object.keys(units[0].margins);
  return {
    ...figuresOf(units),
    failed: sum(units.map(({ failed }) => failed)),
    margins: Object.fromEntries(
      names.map((name) => [name, meanOf(units.map(({ margins }) => margins[name]).filter(isNumber))]),
    ),
    distinct: [0, 1, 2].map((n) => mean(units.map(({ distinct }) => distinct[n]).filter(isNumber))),
    repetition: mean(units.map(({ repetition }) => repetition)),
    length: tokens / sum(units.map(({ completions }) => completions)),
    kl: sum(units.map(({ kl }) => kl)) / tokens,
    cost: {
      msPerToken: sum(units.map(({ ms }) => ms)) / tokens,
      evaluationsPerToken: sum(units.map(({ evaluations }) => evaluations)) / tokens,
      extraParameters: Math.max(...units.map(({ extraParameters }) => extraParameters)),
      peakMemory: Math.max(...units.map(({ peakMemory }) => peakMemory)),
    },
  };
}

/** The part of the figures that is told of groups as well. */
export function figuresOf(units: readonly UnitFigures[]): Figures {
  const judges = namesIn(units.map(({ judged }) => judged));
  const referenceModels = namesIn(units.map((unit) => unit.referenceModels));
  return {
    prompts: units.length,
    completions: sum(units.map(({ completions }) => completions)),
    judges: Object.fromEntries(judges.map((name) => [name, judgeFigures(units, name)])),
    perplexity: perplexityOf(units.map(({ likelihood }) => likelihood)),
    referenceModels: Object.fromEntries(
      referenceModels.map((name) => [
        name,
        perplexityOf(units.flatMap((unit) => unit.referenceModels[name] ?? [])),
      ]),
    ),
  };
}

function judgeFigures(units: readonly UnitFigures[], name: string): JudgeFigures {
  const judged = units.flatMap((unit) => unit.judged[name] ?? []);
  return {
    prompts: judged.length,
    mean: meanOf(judged.map((each) => each.mean)),
    worst: meanOf(judged.map(({ worst }) => worst)),
    any: meanOf(judged.map(({ any }) => any)),
    share: meanOf(judged.map(({ share }) => share)),
  };
}

/** A mean with its interval; NaN of nothing. */
export function meanOf(values: readonly number[]): Estimate {
  return estimate(values.length, weightedMean(values));
}

function perplexityOf(texts: readonly TextLikelihood[]): Estimate {
  return estimate(texts.length, perplexity(texts));
}

/** A statistic of items, one a prompt, with its interval; NaN where it has no meaning. */
export function estimate(items: number, statistic: WeightedStatistic): Estimate {
  if (Number.isNaN(statistic(() => 1))) return { value: NaN, low: NaN, high: NaN };
  return bootstrap(
    Uint32Array.from({ length: items }, (_, i) => i),
    statistic,
  );
}

function namesIn(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}
