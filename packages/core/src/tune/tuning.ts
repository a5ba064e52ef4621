import type { ByName } from '../options/by-name.js';

/** Weights with which the prompts were completed, and what they came to. */
export interface TuneRound<Name extends string = string> {
  /** By attribute, nats per unit of margin. */
  readonly weights: ByName<Name, number>;
  /** Mean of KL(q‖p) over the tokens, nats. */
  readonly kl: number;
  /** By attribute, the mean over the tokens of the expected margin, in log-odds. */
  readonly margins: ByName<Name, number>;
}

/** Weights that were found. */
export interface Tuning<Name extends string = string> {
  /** By attribute, nats per unit of margin: for `weights` of `generate`. */
  readonly weights: ByName<Name, number>;
  /** By attribute, up to which margin a candidate was the better for it: a weight is for this cap and no other. */
  readonly caps: ByName<Name, number>;
  /**
   * Whether the completions written with these weights came to the goal. If not, the rounds were not enough for
   * text and weights to agree: tune once more from here, or on more prompts.
   */
  readonly settled: boolean;
  /**
   * The rounds, each with the weights that were found on the one before. The figures are of prompts that were tuned on:
   * to know what weights do, measure it on others.
   */
  readonly rounds: readonly TuneRound<Name>[];
}
