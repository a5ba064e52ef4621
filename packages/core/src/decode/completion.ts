import type { HalfspaceError } from '@halfspace/contracts';
import type { WeightValue } from '../options/weights.js';
import type { StepStatus } from '../step/project/project.js';
import type { ScoredMargins } from '../step/margins/margins.js';
import type { ByName } from '../options/by-name.js';
import type { BonusKind } from '../options/bonus-kind.js';

/** One candidate of a step, as a trace shows it. */
export interface TracedCandidate<Name extends string = string> {
  /** Token id. */
  readonly token: number;
  /** Its text; an incomplete character shows as U+FFFD. */
  readonly text: string;
  /** Probability in the reference distribution, after filters. */
  readonly reference: number;
  /** Margin of the text with this candidate, per attribute; absent where it was not evaluated. */
  readonly margins: ByName<Name, number>;
  /** Probability after re-weighting, at temperature 1; at another one it is drawn with this to the power of 1/temperature, normalised. */
  readonly probability: number;
}

/** How a step was steered. */
export interface TracedControl<Name extends string = string> {
  /** Whether what was asked for could be had; `inactive` in the mode `penalty`, which asks for nothing. */
  readonly status: StepStatus;
  /**
   * Weight of each attribute's margin that was used, nats per unit of margin: that of this step, scaled by a budget, or with
   * what constraints added to it. Infinite, of either sign, where a constraint is at the edge of what can be had: JSON
   * has `null` for it. All are 0 with a formula, but for what constraints add.
   */
  readonly weights: ByName<Name, number>;
  /** Share of the weights, or of the formula, that was given: below 1 where a budget scaled them down. */
  readonly share: number;
  /**
   * Weight of each constraint, in the order given, in nats per unit of margin or, of a chance, in nats; infinite as above.
   * None in other modes.
   */
  readonly constraintWeights: readonly number[];
  /** Constraints that could not be met together in this step, as indices. */
  readonly conflicts: readonly number[];
  /** Expected margin of each attribute; of those that were measured, where all candidates were. */
  readonly expected: Readonly<
    Record<
      Name,
      {
        /** Under the reference distribution. */
        readonly before: number;
        /** Under what became of it. */
        readonly after: number;
      }
    >
  >;
}

/** One step of a completion. */
export interface TracedStep<Name extends string = string> {
  /** From 0. */
  readonly step: number;
  /** Margin of the text before it, per attribute; absent where it was not evaluated. */
  readonly before: ByName<Name, number>;
  /** Most probable first, by the reference distribution. */
  readonly candidates: readonly TracedCandidate<Name>[];
  /** Index of the candidate that was taken. */
  readonly chosen: number;
  /** KL(q‖p) of the step, nats. */
  readonly kl: number;
  /** Absent where nothing steers the step: only the candidate that was taken has margins then. */
  readonly control?: TracedControl<Name>;
}

/** What a traced completion was decoded with. */
export interface TracedSettings<Name extends string = string> {
  /** Fingerprint of the model. */
  readonly model: string;
  /** Of the noise. */
  readonly seed: number;
  /** At which the re-weighted distribution was drawn from. */
  readonly temperature: number;
  /** Weight of each attribute that was measured, as it was given for the prompt: a number or a schedule. */
  readonly weights: ByName<Name, WeightValue>;
  /** What took the place of weights, if anything did. */
  readonly formula?: string;
  /** How distances became a bonus. */
  readonly bonus: BonusKind;
  /**
   * For each of them, up to which margin a candidate was the better for it; infinite where there was no limit: JSON has `null` for
   * it. Absent with a formula, which says its own, and with `softmax`, which has none.
   */
  readonly caps?: ByName<Name, number>;
}

/** A token and how probable the model itself finds it. */
export interface TokenLogprob {
  /** Token id. */
  readonly token: number;
  /** Its text by itself; an incomplete character shows as U+FFFD. */
  readonly text: string;
  /** Natural log-probability, over the whole vocabulary. */
  readonly logprob: number;
}

/** What a stream says of a token. */
export interface TokenFigures<Name extends string = string> extends TokenLogprob {
  /** The tokens that the model itself found most probable in its place, best first; only with the option `topLogprobs`. */
  readonly topLogprobs?: readonly TokenLogprob[];
  /** Margin of the text with it, in log-odds, of each attribute that is measured; an end token leaves them as they were. */
  readonly margins: ByName<Name, number>;
  /** `kl` of the completion so far, nats. */
  readonly kl: number;
  /** `evaluations` of the completion so far. */
  readonly evaluations: number;
}

/** Why a completion ended: an end token, a stop string, its length, or an error that is its own. */
export type FinishReason = 'end' | 'stop' | 'length' | 'error';

/**
 * What every completion has, however it ended.
 *
 * @typeParam Name - Names of the attributes that there are; `string` for any.
 */
export interface CompletionRecord<Name extends string = string> {
  /** The prompt as text; a conversation as its rendered template, with a begun turn of the assistant at its end. */
  readonly prompt: string;
  /** Which prompt, from 0. */
  readonly promptIndex: number;
  /** Which completion of the prompt, from 0. */
  readonly sample: number;
  /** What was written, without stop string and end token, and without what a begun turn had already. */
  readonly text: string;
  /** Ids of all tokens drawn, the end token included. */
  readonly tokens: readonly number[];
  /**
   * Text of each token by itself, in the order of `tokens`. A token that is part of a character shows as U+FFFD, and an end
   * token has none, so that they join to `text` where no character is split and no stop text was reached.
   *
   * @beta
   */
  readonly tokenTexts: readonly string[];
  /**
   * Log-probability (natural) of each token given all before it, in the order of `tokens`: by the model itself, at temperature 1 over
   * its whole vocabulary, before repetition penalty, top-k, top-p, filters and attributes. So it says how likely the unsteered
   * model finds the text, and not with which probability the token was drawn. `Backend.logProbs` gives the same for any text.
   */
  readonly tokenLogprobs: readonly number[];
  /**
   * The tokens that the model itself found most probable in the place of each, best first, in the order of `tokens`; only with the option
   * `topLogprobs`. The token that was drawn need not be among them.
   */
  readonly topLogprobs?: readonly (readonly TokenLogprob[])[];
  /** Sum of `tokenLogprobs`: 0 where no token was drawn. */
  readonly logprob: number;
  /** Number of tokens that the prompt has, those of its chat template included. */
  readonly promptTokens: number;
  /** How many of `promptTokens` were not run, because the backend still had them; 0 with a backend that reports none. */
  readonly cachedTokens: number;
  /**
   * Sum over steps of KL(q‖p), nats, of both at temperature 1. With lazy look-ahead an estimate from the draws, because KL takes the margins of
   * all candidates: never negative, and right on average over many tokens.
   */
  readonly kl: number;
  /** Whether `kl` is no such estimate. */
  readonly klIsExact: boolean;
  /** Candidates that were run through the model, over all steps of all attempts; a few more where few completions share a call. */
  readonly evaluations: number;
  /** How many attempts were written; only with the option `redraw`. */
  readonly attempts?: number;
  /** How many steps came to which status; only where `control` is other than `penalty`. */
  readonly statuses?: Readonly<Record<StepStatus, number>>;
  /**
   * Margins of the text after each token, in log-odds, of each attribute that the options name: in weights, a formula, constraints,
   * `redraw` or `measure`. Of others there are none, whatever the type says: it knows which attributes there are, and not
   * which were asked for. NaN if nothing but an end token was drawn.
   */
  readonly margins: ByName<Name, Pick<ScoredMargins, 'mean' | 'min'>>;
  /**
   * Whether the text, with a begun turn before it, is a whole document of the structure that filters ask for: false where `maxTokens`, a
   * stop text or an error has left a beginning of one. Absent where no filter has a structure (see `MaskFilter`).
   */
  readonly isComplete?: boolean;
  /**
   * What was asked for and can do nothing, or did nothing in this completion: a weight below 0 with the cap 0, a formula that is the
   * same for all margins, a scoring attribute that gives all candidates the same margin. For people; absent where there is nothing to warn of.
   */
  readonly warnings?: readonly string[];
  /** Every step; only with the option `trace`. All candidates of each are run then, and `kl` is exact. */
  readonly trace?: readonly TracedStep<Name>[];
  /** What the steps of the trace were taken with; only with the option `trace`. */
  readonly settings?: TracedSettings<Name>;
  /**
   * Wall-clock milliseconds: of running the prompt, shared by its completions, and from the first step
   * to the last, shared with the completions decoded at the same time.
   */
  readonly timing: {
    /** Of running the prompt. */
    readonly promptMs: number;
    /** Of all steps. */
    readonly decodeMs: number;
  };
}

/** A completion that ended as it should. */
export interface FinishedCompletion<Name extends string = string> extends CompletionRecord<Name> {
  /** Why it ended. */
  readonly finishReason: Exclude<FinishReason, 'error'>;
  /** Never there. */
  readonly error?: never;
}

/** A completion that an error of its own ended. Text, tokens and figures are those of the steps before. */
export interface FailedCompletion<Name extends string = string> extends CompletionRecord<Name> {
  /** It ended early. */
  readonly finishReason: 'error';
  /** What ended it, and no other: `attribute-failed`, `filter-failed`, `formula-not-finite` or `no-candidate-left`. */
  readonly error: HalfspaceError;
}

/**
 * What was written for a prompt. `error` is there when and only when `finishReason` is `error`: look at either first, because
 * nothing is thrown for it.
 */
export type Completion<Name extends string = string> = FinishedCompletion<Name> | FailedCompletion<Name>;

/** What a stream reports: steps and new text of a completion, and in the end the whole of it. */
export type StreamEvent<Name extends string = string> =
  | {
      /** A completion has taken a step; before the text that it brings. Only with the option `trace`. */
      readonly type: 'step';
      /** Which prompt, from 0. */
      readonly promptIndex: number;
      /** Which completion of the prompt, from 0. */
      readonly sample: number;
      /** The step, as the completion's own `trace` will have it. */
      readonly step: TracedStep<Name>;
    }
  | ({
      /** A completion has a further token, before the text that it brings; the end token, too. Only with the option `streamTokens`. */
      readonly type: 'token';
      /** Which prompt, from 0. */
      readonly promptIndex: number;
      /** Which completion of the prompt, from 0. */
      readonly sample: number;
    } & TokenFigures<Name>)
  | {
      /** A completion has new text. */
      readonly type: 'text';
      /** Which prompt, from 0. */
      readonly promptIndex: number;
      /** Which completion of the prompt, from 0. */
      readonly sample: number;
      /** What has come since the last event: whole characters, never a part of a stop text. */
      readonly text: string;
    }
  | {
      /** A completion has ended. */
      readonly type: 'completion';
      /** The whole of it. */
      readonly completion: Completion<Name>;
    };
