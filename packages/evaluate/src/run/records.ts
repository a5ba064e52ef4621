import type { Completion, Judge, ModelInfo } from '@halfspace/core';
import type { Unit } from './unit.js';

/** A judge as a run remembers it. */
export type JudgeInfo = Pick<Judge, 'name' | 'description' | 'revision' | 'desired' | 'threshold'>;

/** What a judge said of a unit: a line of its log. */
export interface UnitScores extends Unit {
  /** One a completion, 0 to 1. */
  readonly scores: readonly number[];
}

/** A second model that reads completions: perplexity under it does not depend on how the first was steered. */
export type ReferenceModelInfo = Pick<ModelInfo, 'name' | 'fingerprint'>;

/** How probable the completions of a unit are to another model: a line of its log. */
export interface UnitLikelihoods extends Unit {
  /** Natural log-probability of each completion after its prompt, summed over its tokens. */
  readonly logprobs: readonly number[];
  /** Tokens of each in that model's vocabulary. */
  readonly tokens: readonly number[];
}

/** One completion of a unit. */
export interface UnitSample extends Unit {
  /** Which, from 0. */
  readonly sample: number;
}

/** How a completion came about: a line of its log. */
export interface UnitTrace extends UnitSample {
  /** With its steps and settings. An infinite cap is null, as in all JSON. */
  readonly completion: Completion;
}
