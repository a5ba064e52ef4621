import type { Filter, Halfspace, Judge } from '@halfspace/core';
import type { LogEntry } from './http/log-entry.js';
import type { ServerLimits } from './limits.js';
import type { Steering } from './request/steering.js';

/** What is known of an attribute besides its definition, for clients to read. */
export interface AttributeCard {
  /** Its model card, Markdown. */
  readonly card?: string;
  /** Figures of its subspaces on rows that they were not fitted on, as their files have them. */
  readonly heldOut?: readonly object[];
}

/** Texts that have a value and texts that lack it, to make a value of. */
export interface ValueExamples {
  /** Kebab-case name. */
  readonly name: string;
  /** Texts that have it. */
  readonly good: readonly string[];
  /** Texts that lack it. */
  readonly bad: readonly string[];
}

/** What a server is made of. Everything but `halfspace` may be left out. */
export interface ServerOptions {
  /** The model with its attributes; as long as it is a promise that waits, the server answers 503. */
  readonly halfspace: Halfspace | Promise<Halfspace>;
  /** What the model is called: one id or several for the same (default: its own name in lower case). */
  readonly model?: string | readonly string[];
  /** How requests steer that say nothing else (default: not at all), and how they decode. */
  readonly defaults?: Steering;
  /** Presets besides `light`, `balanced` and `strict`: each is a model id, `model:preset`, and a value of `halfspace.preset`. */
  readonly presets?: Readonly<Record<string, Steering>>;
  /** Filters that requests can name. */
  readonly filters?: Readonly<Record<string, Filter>>;
  /** Cards of attributes, by their names. */
  readonly cards?: Readonly<Record<string, AttributeCard>>;
  /** Keys, one of which every request must have, but for `/health` (default: none is asked for). */
  readonly keys?: readonly string[];
  /** How much requests may ask for. */
  readonly limits?: Partial<ServerLimits>;
  /** Origins whose pages may use the server in a browser; `*` for any (default: none). */
  readonly cors?: readonly string[];
  /**
   * Names by which the server may be asked for, without a port (default: any). A server without a key says so, because else a page
   * whose name is made to lead to this machine could use it.
   */
  readonly hosts?: readonly string[];
  /**
   * Answers requests for files of a page, such as `createPlayground` of `@halfspace/playground`; undefined for what is none of them.
   * It is asked of paths that are no route, and its files need no key (default: none).
   */
  readonly pages?: (request: Request) => Response | undefined;
  /** Independent judges, which score texts that requests give them (default: none). */
  readonly judges?: readonly Judge[];
  /**
   * Makes a value of examples that a request gives, and resolves to what has it beside the attributes that there were: one over the
   * same backend. The server asks for one at a time, and keeps up to eight (default: no request makes values).
   */
  readonly addValue?: (examples: ValueExamples, signal: AbortSignal) => Promise<Halfspace>;
  /** Whether `/metrics` has figures for Prometheus (default false). */
  readonly metrics?: boolean;
  /** Told of each request when it is over. */
  readonly onRequest?: (entry: LogEntry) => void;
  /** Whether that says what texts there were, too (default false). */
  readonly logTexts?: boolean;
}
