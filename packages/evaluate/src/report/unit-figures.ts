import { judgedPrompt, type JudgedPrompt } from '../metrics/judged-prompt.js';
import { distinct, repetition } from '../metrics/n-grams.js';
import type { TextLikelihood } from '../metrics/perplexity.js';
import type { JudgeInfo } from '../run/records.js';
import type { UnitResult } from '../run/unit.js';

/** n-grams of tokens that are looked for twice: four, as in seq-rep-4. */
const REPEATED = 4;

/** All that a report needs to know of a unit: numbers alone, so that any number of units can be held. */
export interface UnitFigures {
  /** Number of the prompt in the run. */
  readonly prompt: number;
  /** Under the unsteered model. */
  readonly likelihood: TextLikelihood;
  /** Under reference models, by name. */
  readonly referenceModels: Readonly<Record<string, TextLikelihood>>;
  /** By judge. */
  readonly judged: Readonly<Record<string, JudgedPrompt>>;
  /** Mean margin by attribute; NaN where there is none. */
  readonly margins: Readonly<Record<string, number>>;
  /** Of each completion. */
  readonly samples: {
    /** Mean margin by attribute; NaN where there is none. */
    readonly margins: Readonly<Record<string, readonly number[]>>;
    /** Score by judge. */
    readonly scores: Readonly<Record<string, readonly number[]>>;
  };
  /** distinct-1, -2 and -3. */
  readonly distinct: readonly number[];
  /** Mean over completions. */
  readonly repetition: number;
  /** Completions. */
  readonly completions: number;
  /** Completions that an error ended. */
  readonly failed: number;
  /** Sum of KL(q‖p); NaN where it has no meaning. */
  readonly kl: number;
  /** Rows of the model. */
  readonly evaluations: number;
  /** Wall-clock milliseconds. */
  readonly ms: number;
  /** Bytes. */
  readonly peakMemory: number;
  /** Parameters besides those of the model. */
  readonly extraParameters: number;
}

/** What was found out about a unit besides its completions. */
export interface UnitReadings {
  /** Scores by judge. */
  readonly scores: ReadonlyMap<JudgeInfo, readonly number[]>;
  /** Likelihoods by the name of the reference model. */
  readonly referenceModels: Readonly<Record<string, TextLikelihood>>;
}

/** Sums a unit up. */
export function unitFigures(
  { completions, ms, peakMemory, extraParameters }: UnitResult,
  prompt: number,
  { scores, referenceModels }: UnitReadings,
): UnitFigures {
  const names = Object.keys(completions[0]?.margins ?? {});
  const marginsOf = (name: string) => completions.map(({ margins }) => margins[name] ?? NaN);
  const margins = Object.fromEntries(names.map((name) => [name, marginsOf(name)]));
  return {
    prompt,
    likelihood: {
      logprob: sum(completions.map(({ logprob }) => logprob)),
      tokens: sum(completions.map(({ tokens }) => tokens.length)),
    },
    referenceModels,
    judged: Object.fromEntries([...scores].map(([judge, each]) => [judge.name, judgedPrompt(each, judge)])),
    margins: Object.fromEntries(names.map((name) => [name, mean(margins[name].filter(isNumber))])),
    samples: {
      margins,
      scores: Object.fromEntries([...scores].map(([{ name }, each]) => [name, each])),
    },
    distinct: [1, 2, 3].map((n) =>
      distinct(
        completions.map(({ text }) => text),
        n,
      ),
    ),
    repetition: mean(completions.map(({ tokens }) => repetition(tokens, REPEATED))),
    completions: completions.length,
    failed: completions.filter(({ error }) => error !== undefined).length,
    kl: sum(completions.map(({ kl }) => kl ?? NaN)),
    evaluations: sum(completions.map(({ evaluations }) => evaluations)),
    ms,
    peakMemory,
    extraParameters,
  };
}

/** Whether it is one, and not NaN. */
export function isNumber(value: number): boolean {
  return !Number.isNaN(value);
}

/** Sum of some numbers. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Their mean; NaN of none. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
