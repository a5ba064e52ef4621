import type { ServeFlags } from '../serve/flags.js';

/** Options of `halfspace playground`. */
export interface PlaygroundFlags extends ServeFlags {
  /** False with `--no-open`. */
  readonly open: boolean;
}
