import type { Waiting } from '@halfspace/core';
import { note } from './output.js';

/** Says on stderr who is waited for: somebody else's code that takes long, and may never come to an end. */
export function noteWaiting({ who, seconds }: Waiting): void {
  note(`Still waiting for ${who}, for ${seconds} seconds now.`);
}
