/** One candidate for the next token, as plugins see it. */
export interface Candidate {
  /** Its id. */
  readonly token: number;
  /**
   * What follows {@link TextStep.prefix} if this candidate is taken, so that `prefix + text` is the
   * completion's text with it. An incomplete character shows as U+FFFD; at a stop text it ends before it.
   */
  readonly text: string;
  /** Whether the completion ends with it: it is an end token, or reaches a stop text. */
  readonly end: boolean;
}

/** A step of a completion as text: what is there, and what may come next. */
export interface TextStep {
  /** The prompt as text; a conversation as its rendered template, up to the assistant's turn. */
  readonly prompt: string;
  /**
   * The completion's text so far, as far as it is certain: the bytes of an incomplete character and the
   * beginning of what may become a stop text are in the `text` of every candidate instead. Where the messages end in a begun
   * turn of the assistant, it begins with what that says: the turn is one text, whoever wrote which part.
   */
  readonly prefix: string;
  /** Most probable first, by the reference distribution. At least one. */
  readonly candidates: readonly Candidate[];
}

/** What a scoring attribute is asked about. */
export interface ScoreStep extends TextStep {
  /**
   * Hidden states after each candidate, row-major [candidates, width], at one of the attribute's
   * `layers`; a copy. An end token is not run through the model: its row is the state of the text before it.
   *
   * @throws HalfspaceError `unknown-layer` where the attribute does not declare the layer
   */
  readonly hidden: (layer: number) => Float32Array;
  /** Aborted when the answer is of no more use: the run was aborted, or the time is up. */
  readonly signal: AbortSignal;
}
