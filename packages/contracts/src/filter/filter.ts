import type { TextStep } from '../step.js';
import type { SPECIFICATION_VERSIONS } from '../specification-version.js';

/** A rule about text that a completion never breaks. */
export interface Filter {
  /** Version of its contract that it was made for; `defineFilter` fills it in. */
  readonly specificationVersion: (typeof SPECIFICATION_VERSIONS)['filter'];
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
