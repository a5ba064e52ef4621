import type { AurocInterval } from '../statistics/auroc.js';

/** Held-out AUROC of the four ways to read a response, each with its bootstrap interval by group. */
export interface Figures {
  /** The distance after the last token. */
  readonly last: AurocInterval;
  /** The mean over the response's positions. */
  readonly mean: AurocInterval;
  /** The minimum over the response's positions. */
  readonly min: AurocInterval;
  /** Every position as an item of its own, with the response's label; of long responses 16 positions. */
  readonly every: AurocInterval;
  /** Where the data are pairs, how often the better response has the larger distance. */
  readonly pairs?: HeldOutPairs;
}

/** A share with its 95 % bootstrap interval by group. */
export interface ShareInterval {
  /** 0 to 1. */
  readonly share: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/** In how many of some pairs the better response has the larger distance, ties counting half. */
export interface PairShares {
  /** How many pairs there are. */
  readonly count: number;
  /** By the distance after the last token. */
  readonly last: ShareInterval;
  /** By the mean over the positions of a response. */
  readonly mean: ShareInterval;
  /** By the minimum over the positions of a response. */
  readonly min: ShareInterval;
}

/** {@link PairShares} of all held-out pairs. */
export interface HeldOutPairs extends PairShares {
  /** Of those whose numbers of tokens differ by less than a tenth of the larger one; absent when there are none. */
  readonly similarLength?: PairShares;
}
