import type { SamplingFlags } from '../../options/decoding.js';
import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';
import type { SuiteChoice } from '../../options/suite.js';
import type { MethodChoice } from '../../options/method.js';
import type { AttributeChoice } from '../../options/attribute.js';
import type { Shard } from '../../options/shard.js';

/** Options of `halfspace evaluate`. */
export interface EvaluateFlags extends SamplingFlags, ModelFlags, JsonFlag {
  readonly out: string;
  readonly suite?: readonly SuiteChoice[];
  readonly limit?: number;
  readonly method?: readonly MethodChoice[];
  readonly attribute?: readonly AttributeChoice[];
  readonly samples: number;
  readonly maxTokens: number;
  readonly shard?: Shard;
  readonly queue?: string;
  readonly merge?: readonly string[];
  readonly judge?: readonly string[];
  readonly referenceModel?: readonly string[];
  readonly explainWorst?: number;
}
