import type { DecodingFlags } from '../../options/decoding.js';
import type { ModelFlags } from '../../options/model.js';
import type { JsonFlag } from '../../options/json.js';
import type { AttributeChoice } from '../../options/attribute.js';
import type { Preset } from '@halfspace/core';
import type { LevelChoice } from '../../options/control.js';

/** Options of `halfspace tune`. */
export interface TuneFlags extends DecodingFlags, ModelFlags, JsonFlag {
  readonly prompts: string;
  readonly chat?: true;
  readonly attribute?: readonly Required<AttributeChoice<number>>[];
  readonly kl?: number;
  readonly preset?: Preset;
  readonly atLeast?: readonly LevelChoice[];
  readonly atMost?: readonly LevelChoice[];
  readonly sample?: number;
  readonly out?: string;
  readonly html?: string;
}
