import type { BonusKind } from './bonus-kind.js';
import type { ByNameOrNot } from './by-name.js';
import type { Control } from './control.js';
import type { Weights, WeightValue } from './weights.js';

/**
 * A weight that says nothing of caps.
 *
 * @typeParam Value - How much it may count: 0 alone, or anything.
 */
export type UncappedWeight<Value extends WeightValue = WeightValue> =
  | Value
  | {
      /** How much the attribute counts. */
      readonly weight: Value;
      /** There is none. */
      readonly cap?: never;
    };

/** What goes with weights of margins: caps, and any mode. */
export interface MarginCombination {
  /** There is none. */
  readonly formula?: undefined;
  /** The default. */
  readonly bonus?: 'margin';
}

/** What goes with weights of any bonus: as `softmax` has no margins, there are no caps and no constraints. */
export interface BonusCombination<Name extends string = string> {
  /** There is none. */
  readonly formula?: undefined;
  /** Any. */
  readonly bonus?: BonusKind;
  /** There is none. */
  readonly cap?: undefined;
  /** Weights without caps. */
  readonly weights?: ByNameOrNot<Name, UncappedWeight>;
  /** Any mode but `constraints`. */
  readonly control?: Exclude<Control<Name>, { readonly mode: 'constraints' }>;
}

/** What goes with a formula, which says its own caps and takes the place of weights: those of 0 measure. */
export interface FormulaCombination<Name extends string = string> {
  /** A formula, or nothing. */
  readonly formula?: string;
  /** The default. */
  readonly bonus?: 'margin';
  /** There is none. */
  readonly cap?: undefined;
  /** Weights of 0. */
  readonly weights?: ByNameOrNot<Name, UncappedWeight<0>>;
}

/** What goes with nothing that steers. */
export interface WithoutBudget<Name extends string = string> {
  /** Any mode but `kl-budget`. */
  readonly control?: Exclude<Control<Name>, { readonly mode: 'kl-budget' }>;
}

/** Something that a budget can scale. */
export interface WithWeights<Name extends string = string> {
  /** Whether any of them is other than 0 is seen when the program runs. */
  readonly weights: Weights<Name>;
}

/** A formula is something that a budget can scale, too. */
export interface WithFormula {
  /** The formula. */
  readonly formula: string;
}

/**
 * What goes together of what says how to steer, as far as types can tell; `generate` refuses the rest as well.
 * A type that may be either, such as a bonus that a variable has, goes with what goes with both.
 *
 * @typeParam Name - Names of attributes that may be used; `string` for any.
 * @typeParam Also - What a budget can scale besides weights and a formula, if there is something.
 */
export type Combination<Name extends string = string, Also = never> =
  | (FormulaCombination<Name> & (WithoutBudget<Name> | WithWeights<Name> | WithFormula | Also))
  | (BonusCombination<Name> & (WithoutBudget<Name> | WithWeights<Name> | Also))
  | (MarginCombination & (WithoutBudget<Name> | WithWeights<Name> | Also));
