import type { LookAheadRequest, ModelInfo, NextTokenRequest, PrefillRequest } from '@halfspace/core';
import type { CompiledModel, Precision } from '@halfspace/model';
import type { OpenRequest } from '../open-backend.js';
import type { PackedArrays } from './packed-arrays.js';

/** A context: the main thread numbers them. One that is none of this backend has the number 0. */
export type ContextNumber = number;

/** A request whose context is a number. */
export type Numbered<R extends { readonly context: unknown }> = Omit<R, 'context'> & {
  readonly context: ContextNumber;
};

/** What happens to contexts without a call of the model. */
export type Change =
  | { readonly kind: 'release'; readonly context: ContextNumber }
  | { readonly kind: 'fork'; readonly context: ContextNumber; readonly as: ContextNumber }
  | {
      readonly kind: 'commit';
      readonly context: ContextNumber;
      readonly look: number;
      readonly token: number;
      readonly as: ContextNumber;
    }
  /** Nobody has what was found for candidates any more. */
  | { readonly kind: 'forget'; readonly context: ContextNumber; readonly look: number };

/** A prompt to be run, with the number that its context is to have. */
export type NumberedPrompt = Omit<PrefillRequest, 'after'> & {
  readonly after?: ContextNumber;
  readonly as: ContextNumber;
};

/** Candidates to be run, with the number under which what is found is kept for a winner. */
export type NumberedCandidates = Numbered<LookAheadRequest> & { readonly look: number };

/** Calls that the worker answers. Hidden states are request by request, each layer by layer in the order asked for. */
export interface WorkerCalls {
  /** Loads the graphs; to be called first, and once. */
  readonly open: { readonly args: OpenRequest; readonly answer: Opened };
  readonly prefill: {
    readonly args: { readonly requests: readonly NumberedPrompt[]; readonly maxRows?: number };
    readonly answer: {
      readonly prompts: readonly { readonly length: number; readonly cachedTokens: number }[];
      readonly hidden: PackedArrays;
    };
  };
  readonly next: {
    readonly args: readonly Numbered<NextTokenRequest>[];
    /** Of each request its most probable tokens, their log-probabilities, those that were asked for, and log-sum-exp alone. */
    readonly answer: PackedArrays;
  };
  readonly lookAhead: { readonly args: readonly NumberedCandidates[]; readonly answer: PackedArrays };
  readonly logProbs: { readonly args: readonly number[]; readonly answer: PackedArrays };
  /** Each text in a buffer of its own: one that is kept keeps no others. */
  readonly states: {
    readonly args: { readonly texts: readonly (readonly number[])[]; readonly layers: readonly number[] };
    readonly answer: readonly PackedArrays[];
  };
  readonly change: { readonly args: readonly Change[]; readonly answer: void };
  /** Frees everything; the worker ends then. */
  readonly dispose: { readonly args: undefined; readonly answer: void };
}

/** What a backend is that was opened. */
export interface Opened {
  readonly model: ModelInfo;
  readonly exact: boolean;
  /** Names of the figures of its cache of texts, in the order in which they lie in `figures`. */
  readonly names: readonly string[];
  /** The figures as they are: the worker goes on to write them. */
  readonly figures: Float64Array;
}

/** Calls that the main thread answers while a backend is opened, and as long as it is used. */
export interface MainCalls {
  /** The worker runs, and answers. */
  readonly started: { readonly args: undefined; readonly answer: void };
  readonly compile: { readonly args: Precision; readonly answer: CompiledModel };
  /** A few blocks, to be timed. */
  readonly compileSample: { readonly args: Precision; readonly answer: CompiledModel | undefined };
  /** Makes graphs again that do not load, unless they are what was made: undefined then. */
  readonly compileAgain: { readonly args: Precision; readonly answer: CompiledModel | undefined };
  /** The share of the measurement that is done, 0 to 1. */
  readonly measured: { readonly args: number; readonly answer: void };
}
