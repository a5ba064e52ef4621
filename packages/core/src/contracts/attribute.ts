import type { CONTRACT_VERSION } from './version.js';

/**
 * A linear classifier in the space of a model's hidden states. Its *distance* at a hidden state h is
 * `direction · h − offset` (direction of unit norm, offset = direction · midpoint); its *margin* is
 * `slope · distance + intercept`, the log-odds that text with this hidden state has the value.
 * The positive side is always the desired one.
 */
export interface Subspace {
  /** Fingerprint of the model whose hidden states it reads ({@link ModelInfo.fingerprint}). */
  readonly model: string;
  /** Layer read, 0 (embedding) to the number of blocks. */
  readonly layer: number;
  /** Unit vector, as wide as the model. */
  readonly direction: Float32Array;
  /** direction · midpoint of the class means. */
  readonly offset: number;
  /** Turns distance into log-odds. */
  readonly calibration: {
    /** Log-odds per unit of distance; positive. */
    readonly slope: number;
    /** The margin at distance 0. */
    readonly intercept: number;
  };
}

/** A value that text can have: a name and, for each model it was fitted on, a subspace. */
export interface Attribute {
  /** Version of the contracts that it was made for; `defineAttribute` fills it in. */
  readonly contract: typeof CONTRACT_VERSION;
  /** Kebab-case name, which users write in options and on the command line. */
  readonly name: string;
  /** One line for people: what the positive side means. */
  readonly description: string;
  /** One subspace per known model. */
  readonly subspaces: readonly Subspace[];
}
