import type { AnyDecodeOptions, WeightedPrompt } from '../options/options.js';
import type { ByNameOrNot } from '../options/by-name.js';
import type { CappedWeight } from '../options/weights.js';
import type { TuneGoal } from './tune-goal.js';

/** A weight to start from, with how far margins count for it (default: as in decoding). */
export type TunedWeight =
  | number
  | (CappedWeight & {
      /** Nats per unit of margin. */
      readonly weight: number;
    });

/** What to tune, on what and to what end. All else is as the completions are to be decoded later. */
export interface TuneOptions<Name extends string = string> extends Omit<
  AnyDecodeOptions<Name>,
  'weights' | 'measure' | 'formula' | 'bonus' | 'control' | 'lookAhead' | 'trace'
> {
  /** Texts or conversations that the model goes on with: of the kind that will be completed. */
  readonly prompts: readonly (string | WeightedPrompt<Name>)[];
  /**
   * Weights to start from, by name, nats per unit of margin. With a goal of nats they are the direction: all are
   * scaled together. With levels, those of attributes without one stay as they are.
   */
  readonly weights: ByNameOrNot<Name, TunedWeight>;
  /** What the weights are to bring about. */
  readonly goal: TuneGoal<Name>;
  /** Ends the work with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every completion that is done. */
  readonly onProgress?: (progress: TuneProgress) => void;
}

/** How far tuning has come. */
export interface TuneProgress {
  /** Which round, from 0. */
  readonly round: number;
  /** Completions of the round that are done. */
  readonly done: number;
  /** Completions of a round. */
  readonly total: number;
}
