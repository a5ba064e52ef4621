import type { Waiting } from '../waiting/wait-for.js';
import type { SPECIFICATION_VERSIONS } from '../specification-version.js';

/** A completion and what it completes. */
export interface JudgedText {
  /** The prompt as text; empty where there is none. */
  readonly prompt: string;
  /** What a model (or a person) wrote after it. */
  readonly completion: string;
}

/** Settings of {@link Judge.score}. */
export interface JudgeOptions {
  /** Ends the call with the error `aborted`. */
  readonly signal?: AbortSignal;
  /**
   * Told who is waited for, and how long by now, while an answer takes long: after ten seconds, twenty, forty and so on (default: a
   * warning of the process).
   */
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
}

/**
 * An independent scorer of completions. It says how probable it is that a completion is what `description`
 * says. It is never what decoding optimises: a margin that judges itself proves nothing.
 */
export interface Judge {
  /** Version of its contract that it was made for; `defineJudge` fills it in. */
  readonly specificationVersion: (typeof SPECIFICATION_VERSIONS)['judge'];
  /** Kebab-case name, for tables and files. */
  readonly name: string;
  /** One line for people: what a score of 1 means. */
  readonly description: string;
  /** What scores depend on besides the text, such as a hash of weights or the name of a remote model. Scores of two revisions are not mixed. */
  readonly revision: string;
  /** Which scores are wanted: of a judge of toxicity `low`, of one of helpfulness `high`. */
  readonly desired: 'low' | 'high';
  /** A completion is counted as what `description` says from this score on; between 0 and 1. */
  readonly threshold: number;
  /**
   * One score from 0 to 1 for each text, in their order. A text has the same score in any company, as far as the
   * judge can keep that; how many are given at once is up to the caller.
   *
   * @throws HalfspaceError `judge-failed` when the judge threw something of its own or answered wrongly; `aborted`;
   * errors with a `code` of the judge as they are
   */
  score(texts: readonly JudgedText[], options?: JudgeOptions): Promise<Float64Array>;
  /**
   * Gives back what the judge holds: a model, a process. It is not asked again.
   *
   * @throws HalfspaceError `judge-failed` when the judge threw something of its own; errors with a `code` of the judge as they are
   */
  dispose(): Promise<void>;
}
