import { DEFAULT_CAP, type NamedAttribute } from '@halfspace/contracts';
import type { ByNameOrNot } from './by-name.js';

/**
 * How much an attribute counts: nats per unit of margin (`margin`) or nats (`softmax`). Below 0 it steers away from the
 * attribute; with 0 the attribute is measured and does not steer. A text is a schedule over the completion: a formula of `step`
 * (tokens written so far) and `progress` (their share of `maxTokens`), such as `'4 - 3*progress'` or `'step < 10 ? 4 : 1'`.
 */
export type WeightValue = number | string;

/** A weight that says how far margins count. */
export interface CappedWeight {
  /** How much the attribute counts. */
  readonly weight: WeightValue;
  /**
   * Up to which margin a candidate is the better for it, in log-odds, at least 0: the weight counts min(margin, cap), and one
   * below 0 max(margin, −cap). `Infinity` for no limit. Default: the option `cap`, else the attribute's own.
   */
  readonly cap?: number;
}

/** A weight: a number, a schedule, or either with a cap of its own. */
export type Weight = WeightValue | CappedWeight;

/** Weights of attributes, by name. */
export type Weights<Name extends string = string> = ByNameOrNot<Name, Weight>;

/**
 * How much a weight counts.
 *
 * @beta
 */
export function valueOf(weight: Weight): WeightValue {
  return typeof weight === 'object' ? weight.weight : weight;
}

/**
 * Up to which margin a candidate is the better for it: what its weight says, else what the request says for all, else what
 * comes with the attribute.
 *
 * @param weight - Of the attribute, if it has one.
 * @param cap - Of the request, for all.
 * @beta
 */
export function capFor(
  attribute: Pick<NamedAttribute, 'cap'>,
  weight: Weight | undefined,
  cap: number | undefined,
): number {
  const own = typeof weight === 'object' ? weight.cap : undefined;
  return own ?? cap ?? attribute.cap ?? DEFAULT_CAP;
}
