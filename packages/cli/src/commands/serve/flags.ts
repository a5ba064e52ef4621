import type { Preset } from '@halfspace/core';
import type { AttributeChoice } from '../../options/attribute.js';
import type { ModelFlags } from '../../options/model.js';

/** What the log of a server has a line for. */
export type LogKind = 'none' | 'requests' | 'texts';

/** Options of `halfspace serve`. */
export interface ServeFlags extends ModelFlags {
  readonly host?: string;
  readonly port?: number;
  readonly key?: readonly string[];
  readonly id?: readonly string[];
  readonly attribute?: readonly AttributeChoice[];
  readonly only?: true;
  readonly weights?: string;
  readonly preset?: Preset | 'none';
  readonly presets?: string;
  readonly limit?: Readonly<Record<string, number>>;
  readonly judge?: readonly string[];
  readonly examples?: true;
  readonly metrics?: true;
  readonly cors?: readonly string[];
  readonly log?: LogKind;
  readonly grace?: number;
}
