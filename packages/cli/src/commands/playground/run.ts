import open from 'open';
import { note } from '../../terminal/output.js';
import { serve } from '../serve/run.js';
import type { PlaygroundFlags } from './flags.js';

/** `halfspace playground`. The address is always shown: a browser may open elsewhere, or not at all. */
export async function playground(flags: PlaygroundFlags, signal: AbortSignal): Promise<void> {
  const { open: opens, ...serving } = flags;
  await serve({ ...serving, examples: true }, signal, async (page) => {
    note(`The playground is at ${page}`);
    if (opens) await openPage(page);
  });
}

async function openPage(page: string): Promise<void> {
  try {
    const opener = await open(page);
    // It may end with an error long after, or not be there at all.
    opener.on('error', () => note('No browser could be opened. Open the address above yourself.'));
  } catch {
    note('No browser could be opened. Open the address above yourself.');
  }
}
