import type { TextStep } from '../step.js';
import type { CONTRACT_VERSION } from '../contract-version.js';

/** A rule about text that a completion never breaks. */
export interface Filter {
  /** Version of the contracts that it was made for; `defineFilter` fills it in. */
  readonly contract: typeof CONTRACT_VERSION;
  /** Kebab-case name, for messages. */
  readonly name: string;
  /**
   * Whether each candidate may be taken, in the order of `step.candidates`. Because `prefix + text` is the
   * text that a completion would have if it ended there, a filter that judges that text is kept by every
   * completion, however it ends. Asked once a step, and again where more candidates are needed, or where
   * one leaves a character open: then about what could complete it, because a character is not begun that could not be finished.
   * The same text must have the same answer each time.
   */
  allows(step: TextStep): readonly boolean[];
}
