import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';

/** Options of `halfspace perplexity`. */
export interface PerplexityFlags extends ModelFlags, JsonFlag {
  readonly window: number;
  readonly windows?: number;
}
