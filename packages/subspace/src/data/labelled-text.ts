/** A response and whether it has the value. */
export interface LabelledText {
  /** Text before the response; may be empty. */
  readonly prompt: string;
  /** The text that has the value or lacks it. */
  readonly response: string;
  /**
   * How much of the value it has, from 1 (the desired side) to 0: a row with the label 0.75 counts three quarters
   * among those that have it and one quarter among the others.
   */
  readonly label: number;
  /** Rows of one group (a prompt, an author, a topic) are never split between fitting and measuring. */
  readonly group: string;
}

/**
 * Which hidden states of a response a direction is fitted on:
 * - `last`: the one after its last token, as in the paper;
 * - `every`: those after every token, each counting once. It also knows unfinished text, which is what
 *   decoding asks about;
 * - `both`: half of the weight on every token, half on the last ones. A compromise that tells finished
 *   texts apart better than `every` and unfinished ones almost as well.
 *
 * @useDeclaredType
 */
export type Positions = (typeof POSITIONS)[number];

/** All {@link Positions}. */
export const POSITIONS = ['last', 'every', 'both'] as const;

/** The positions that a subspace is judged on: decoding reads every one. */
export function readPositions(positions: Positions): 'last' | 'every' {
  return positions === 'last' ? 'last' : 'every';
}

/**
 * What is taken off hidden states before a direction is fitted:
 * - `none`: nothing;
 * - `prompt`: their mean over the responses to the same prompt, so that the direction knows what a response adds
 *   and not what it is about. Of a pair this leaves half of the difference.
 *
 * @useDeclaredType
 */
export type Centring = (typeof CENTRINGS)[number];

/** All {@link Centring}s. */
export const CENTRINGS = ['none', 'prompt'] as const;
