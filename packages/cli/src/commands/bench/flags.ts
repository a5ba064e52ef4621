import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';
import type { AttributeChoice } from '../../options/attribute.js';

/** Options of `halfspace bench`. */
export interface BenchFlags extends ModelFlags, JsonFlag {
  readonly attribute: readonly AttributeChoice<number>[];
  readonly tokens: number;
  readonly rounds: number;
  readonly candidates: number;
  readonly topP: number;
}
