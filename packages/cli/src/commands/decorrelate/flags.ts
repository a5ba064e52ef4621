import type { DataFlags } from '../../options/data.js';
import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';

/** Options of `halfspace decorrelate`. */
export interface DecorrelateFlags extends DataFlags, ModelFlags, JsonFlag {
  readonly outputDir: string;
}
