/** What is told of a request when it is over. Texts are in it only where that was asked for. */
export interface LogEntry {
  /** Of the request, as the header `x-request-id` of the answer has it. */
  readonly id: string;
  /** Such as `POST`. */
  readonly method: string;
  /** Path, percent-encoded, without a query. */
  readonly path: string;
  /** Of the answer; of a stream that an error ended, the status of the error. */
  readonly status: number;
  /** Milliseconds, of a stream until its end. */
  readonly ms: number;
  /** Milliseconds until the first event of a stream. */
  readonly firstMs?: number;
  /** The model that it named. */
  readonly model?: string;
  /** Tokens of its prompts. */
  readonly promptTokens?: number;
  /** Of those, tokens that were known from before. */
  readonly cachedTokens?: number;
  /** Tokens that were written. */
  readonly completionTokens?: number;
  /** Code of what went wrong. */
  readonly error?: string;
  /** What went wrong, where it was the fault of the server. */
  readonly cause?: unknown;
  /** What was asked, and what was written; only where texts are asked for. */
  readonly texts?: {
    /** The prompts, as the model saw them. */
    readonly prompts: readonly string[];
    /** What was written. */
    readonly completions: readonly string[];
  };
}
