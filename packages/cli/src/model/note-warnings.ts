import type { Halfspace } from '@halfspace/core';
import { errColours } from '../terminal/colours.js';
import { note } from '../terminal/output.js';

/** Notes what is to be known of attributes with the model that was loaded. */
export function noteWarnings({ warnings }: Pick<Halfspace, 'warnings'>): void {
  for (const warning of warnings) note(`${errColours.yellow('warning')}: ${warning}`);
}
