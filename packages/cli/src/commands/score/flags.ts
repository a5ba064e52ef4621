import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';
import type { AttributeChoice } from '../../options/attribute.js';

/** Options of `halfspace score`. */
export interface ScoreFlags extends ModelFlags, JsonFlag {
  readonly attribute: readonly AttributeChoice[];
  readonly input: string;
}
