import type { JsonFlag } from '../../options/json.js';
import type { AttributeChoice } from '../../options/attribute.js';

/** Options of `halfspace evaluate-worker`. */
export interface EvaluateWorkerFlags extends JsonFlag {
  readonly queue: string;
  readonly model?: string;
  readonly threads?: number;
  readonly attribute?: readonly AttributeChoice[];
}
