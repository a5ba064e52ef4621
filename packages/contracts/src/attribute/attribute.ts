import type { ScoreStep } from '../step.js';
import type { SPECIFICATION_VERSIONS } from '../specification-version.js';

/** How a distance becomes a margin: `slope · distance + intercept`. */
export interface Calibration {
  /** Log-odds per unit of distance; positive. */
  readonly slope: number;
  /** The margin at distance 0. */
  readonly intercept: number;
}

/**
 * What is expected of a distance before a token is run through the model: after token x it is
 * `distance + tokenEffects[x] + meanReversion · (level − distance)`, where the level is the mean distance of the text so far, from the
 * end of the prompt on. It decides which candidates look-ahead runs first: a wrong one costs time, and the draw stays the same.
 */
export interface Prediction {
  /** For each token of the vocabulary, what it does to a distance that is at its level; finite. */
  readonly tokenEffects: Float32Array;
  /** Share of the way back to its level that a distance goes with a token, 0 to 1. */
  readonly meanReversion: number;
}

/**
 * A linear classifier in the space of a model's hidden states. Its *distance* at a hidden state h is
 * `direction · h − offset` (direction of unit norm, offset = direction · midpoint); its *margin* is
 * `slope · distance + intercept`, the log-odds that text with this hidden state has the value.
 * The positive side is always the desired one.
 */
export interface Subspace {
  /** Fingerprint of the model whose hidden states it reads ({@link ModelInfo.fingerprint}). */
  readonly model: string;
  /** Layers read, 0 (embedding) to the number of blocks, ascending. The h above is their states end to end. */
  readonly layers: readonly number[];
  /** Unit vector, as wide as the model for each layer. */
  readonly direction: Float32Array;
  /** direction · midpoint of the class means. */
  readonly offset: number;
  /** Turns distance into log-odds. */
  readonly calibration: Calibration;
  /** What is expected of a distance (default: that a token leaves it as it is). */
  readonly prediction?: Prediction;
  /** Digest of the rows that it was fitted and measured on (default: not known): figures of the same ones flatter. */
  readonly fittedOn?: string;
  /** Which hidden states it was fitted on (default: not known). */
  readonly readings?: Readings;
  /**
   * Present where it came with a package: subspaces that the user has made for the model take its place. Others stay, because a
   * program has named them.
   */
  readonly shipped?: true;
}

/** Which hidden states a subspace was fitted on. */
export interface Readings {
  /** Their arithmetic, as {@link ModelInfo.arithmetic} has it. */
  readonly arithmetic: string;
  /**
   * How layers are numbered and what they hold. `transformers`: 0 is the embedding, n what block n gives, and the number of
   * blocks what the final norm makes of it, as `hidden_states` of Hugging Face transformers.
   */
  readonly layers: 'transformers';
  /** What other arithmetics make of its margins, by their names (default: not measured). */
  readonly others?: Readonly<Record<string, ReadingDifference>>;
}

/** Margins of the same texts in another arithmetic than the one that a subspace was fitted in. */
export interface ReadingDifference {
  /** Texts that were read, each after its last token. */
  readonly rows: number;
  /** By how much a margin differs, in log-odds: root mean square. */
  readonly margin: number;
  /** By how much margins are larger on average, in log-odds. */
  readonly shift: number;
  /** How well margins tell the labels apart (AUROC), in the arithmetic of the fit and in the other. */
  readonly auroc: readonly [fitted: number, other: number];
}

/**
 * What attributes of both kinds have.
 *
 * @typeParam Name - Its name, where that is known: then names in options are checked by the compiler.
 */
export interface NamedAttribute<Name extends string = string> {
  /** Version of its contract that it was made for; `defineAttribute` fills it in. */
  readonly specificationVersion: (typeof SPECIFICATION_VERSIONS)['attribute'];
  /** Kebab-case name, which users write in options and on the command line. */
  readonly name: Name;
  /** One line for people: what the positive side means. */
  readonly description: string;
  /**
   * Up to which margin a candidate is the better for it where a request says nothing else, in log-odds, at least 0 (default
   * 0: up to the boundary). `Infinity` for no limit.
   */
  readonly cap?: number;
}

/** A value that is read from hidden states: for each model it was fitted on, a subspace. */
export interface LinearAttribute<Name extends string = string> extends NamedAttribute<Name> {
  /** For each known model a subspace, or several that end at different layers: see the option `early` of core. */
  readonly subspaces: readonly Subspace[];
}

/** A value that a function measures: a word list, a reward model, anything. */
export interface ScoringAttribute<Name extends string = string> extends NamedAttribute<Name> {
  /** Layers whose hidden states `score` reads. */
  readonly layers: readonly number[];
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number;
  /**
   * The margin of the completion with each candidate: log-odds that this text has the value, finite,
   * positive where it is as desired. In the order of `step.candidates`.
   */
  score(step: ScoreStep): ArrayLike<number> | PromiseLike<ArrayLike<number>>;
}

/** A value that text can have. */
export type Attribute<Name extends string = string> = LinearAttribute<Name> | ScoringAttribute<Name>;
