import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';
import type { MethodChoice } from '../../options/method.js';

/** Options of `halfspace evaluate-choices`. */
export interface EvaluateChoicesFlags extends ModelFlags, JsonFlag {
  readonly data: readonly string[];
  readonly choices: readonly string[];
  readonly prompt?: string;
  readonly method: readonly MethodChoice[];
  readonly chat?: true;
}
