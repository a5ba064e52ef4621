import type { ModelFlags } from '../../options/model.js';
import type { DataFlags } from '../../options/data.js';
import type { FitKindFlags } from '../../options/fit-kind.js';
import type { JsonFlag } from '../../options/json.js';
import type { LayerBy } from '@halfspace/subspace';
import type { Shard } from '../../options/shard.js';

/** Options of `halfspace fit`. */
export interface FitFlags extends ModelFlags, DataFlags, FitKindFlags, JsonFlag {
  readonly attribute: string;
  readonly output?: string;
  readonly score?: string;
  readonly chat?: true;
  readonly layer?: readonly number[];
  readonly layerBy?: LayerBy;
  readonly stack?: true;
  readonly heldOut?: number;
  readonly crossValidate?: true;
  readonly seed?: number;
  readonly state?: string;
  readonly shard?: Shard;
  readonly merge?: readonly string[];
  readonly force?: true;
}
