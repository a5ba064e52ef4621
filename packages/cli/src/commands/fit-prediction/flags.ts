import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';

/** Options of `halfspace fit-prediction`. */
export interface FitPredictionFlags extends ModelFlags, JsonFlag {
  readonly prompts: string;
  readonly limit: number;
  readonly maxTokens: number;
  readonly seed: number;
}
