import type { DataFlags } from '../../options/data.js';
import type { JsonFlag } from '../../options/json.js';
import type { ModelFlags } from '../../options/model.js';

/** Options of `halfspace compare-precision`. */
export interface ComparePrecisionFlags extends DataFlags, ModelFlags, JsonFlag {
  readonly with: ('f32' | 'int8' | 'int4')[];
  readonly limit: number;
}
