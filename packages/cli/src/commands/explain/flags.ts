import type { JsonFlag } from '../../options/json.js';

/** Options of `halfspace explain`. */
export interface ExplainFlags extends JsonFlag {
  readonly attribute?: string;
  readonly completion?: number;
  readonly step?: number;
  readonly html?: string;
}
