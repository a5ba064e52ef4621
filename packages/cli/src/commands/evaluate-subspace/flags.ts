import type { DataFlags } from '../../options/data.js';
import type { FitKindFlags } from '../../options/fit-kind.js';
import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';
import type { AttributeChoice } from '../../options/attribute.js';

/** Options of `halfspace evaluate-subspace`. */
export interface EvaluateSubspaceFlags extends DataFlags, FitKindFlags, ModelFlags, JsonFlag {
  readonly attribute: readonly AttributeChoice[];
  readonly output?: string;
  readonly chat?: true;
  readonly choices?: readonly string[];
  readonly train?: readonly string[];
  readonly learningCurve?: true;
  readonly sweepLayers?: readonly number[] | 'all';
}
