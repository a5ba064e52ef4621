import type { ControlFlags } from '../../options/control.js';
import type { DecodingFlags } from '../../options/decoding.js';
import type { ForbidFlags } from '../../options/forbid.js';
import type { ModelFlags } from '../../options/model.js';
import type { RedrawFlags } from '../../options/redraw.js';
import type { StructureFlags } from '../../options/structure.js';
import type { JsonFlag } from '../../options/json.js';
import type { AttributeChoice } from '../../options/attribute.js';

/** Options of `halfspace generate`. */
export interface GenerateFlags
  extends ControlFlags, DecodingFlags, ForbidFlags, ModelFlags, RedrawFlags, StructureFlags, JsonFlag {
  readonly prompts?: string;
  readonly chat?: true;
  readonly begin?: string;
  readonly attribute?: readonly AttributeChoice[];
  readonly weights?: string;
  readonly allowModules?: true;
  readonly formula?: string;
  readonly bonus: 'margin' | 'softmax';
  readonly lookAhead: 'lazy' | 'eager';
  readonly trace?: string;
}
