import { note } from '../../terminal/output.js';
import { serve } from '../serve/run.js';
import type { PlaygroundFlags } from './flags.js';
import { openPage } from './open-page.js';

/** `halfspace playground`. The address is always shown: a browser may open elsewhere, or not at all. */
export async function playground(flags: PlaygroundFlags, signal: AbortSignal): Promise<void> {
  const { open: opens, ...serving } = flags;
  await serve({ ...serving, examples: true }, signal, async (page) => {
    note(`The playground is at ${page}`);
    if (opens) await openPage(page, note);
  });
}
