import type { JsonFlag } from '../../options/json.js';
import type { AttributeKind } from './command.js';

/** Options of `halfspace attribute new`. */
export interface AttributeNewFlags extends JsonFlag {
  readonly directory?: string;
  readonly kind: AttributeKind;
}
