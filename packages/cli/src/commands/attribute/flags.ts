import type { JsonFlag } from '../../options/json.js';

/** Options of `halfspace attribute new`. */
export interface AttributeNewFlags extends JsonFlag {
  readonly directory?: string;
  readonly kind: AttributeKind;
}

/** How an attribute comes to its margins: fitted on labelled texts, or computed by a function. */
export type AttributeKind = 'linear' | 'scoring';
