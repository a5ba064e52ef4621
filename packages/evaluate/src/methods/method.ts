import type { Completion, AnyDecodeOptions, Halfspace, PromptOptions } from '@halfspace/core';
import type { SuitePrompt } from '../suites/suite-prompt.js';

/** How completions are drawn from the reference distribution: the same for every method, unless one says otherwise. */
export type Decoding = Required<Pick<AnyDecodeOptions, 'maxTokens' | 'temperature' | 'topP' | 'topK'>> &
  Pick<PromptOptions, 'controlTokens'>;

/** A completion as a method gives it. */
export interface WrittenCompletion {
  /** What was written. */
  readonly text: string;
  /** Every token drawn, the end token included. */
  readonly tokens: readonly number[];
  /** Log-probability of the tokens after the suite's prompt in the unsteered model's full distribution: natural log, summed. */
  readonly logprob: number;
  /** Sum over steps of KL(q‖p), nats; null where the method is no re-weighting of the model's own distribution. */
  readonly kl: number | null;
  /** Rows of the model that were evaluated for it, those that came to nothing included. */
  readonly evaluations: number;
  /** Mean margin of each measured attribute over the tokens, log-odds; null where nothing was written. */
  readonly margins: Readonly<Record<string, number | null>>;
  /** Code of the error that ended it early, if one did. */
  readonly error?: string;
  /** What was asked for and could do nothing, as `generate` says it; left out where there is none. */
  readonly warnings?: readonly string[];
  /** As `generate` gave it, with its steps; only where a trace was asked for. */
  readonly traced?: Completion;
}

/** What is asked of a method. */
export interface CompletionRequest {
  /** What to complete. */
  readonly prompt: SuitePrompt;
  /** How many completions. */
  readonly samples: number;
  /** With the prompt's tokens and the number of the sample it decides the completion. */
  readonly seed: number;
  /** Whether to say how each completion came about, which changes no text (default: no). */
  readonly trace?: boolean;
  /** Ends the work with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A method that is ready to write. */
export interface OpenMethod {
  /** Parameters besides those of the model. */
  readonly extraParameters: number;
  /** Writes all samples of a prompt, in order. */
  complete(request: CompletionRequest): Promise<WrittenCompletion[]>;
  /** Frees what the method has loaded; the model is not its own. */
  dispose(): Promise<void>;
}

/** What a method writes with. */
export interface MethodModel {
  /** The model, with every attribute that a method may name. */
  readonly halfspace: Halfspace;
  /** How to draw, where the method says nothing else. */
  readonly decoding: Decoding;
  /** Attributes whose margins are recorded, whether or not they steer. */
  readonly measured: readonly string[];
}

/**
 * A kind of method. Its parameters are JSON, so that a plan can say what was run.
 */
export interface MethodKind<P> {
  /** Kebab-case name, as specs give it. */
  readonly kind: string;
  /** JSON Schema of the parameters: an object. */
  readonly schema: object;
  /** Names of the attributes that the parameters speak of. */
  readonly attributesOf: (parameters: P) => readonly string[];
  /** What to call it where the user gives no name. */
  readonly nameOf: (parameters: P) => string;
  /** What the curve is called that it is a point of, where the user does not say: its name without the strength. */
  readonly seriesOf: (parameters: P) => string;
  /** Makes it ready. It must refuse what it cannot do here, and not in the midst of the work. */
  readonly open: (parameters: P, model: MethodModel) => Promise<OpenMethod>;
}

/** A method as a plan has it. */
export interface MethodSpec {
  /** Unique in its plan. */
  readonly name: string;
  /** Which kind of method, such as `plain` or `halfspace`. */
  readonly kind: string;
  /** Methods of one series are points of one curve, in the order of the plan. */
  readonly series: string;
  /** As the kind's schema says. */
  readonly parameters: Readonly<Record<string, unknown>>;
}
