import type { ChildProcess } from 'node:child_process';
import open from 'open';

/** What is said where no browser opens. */
const NONE = 'No browser could be opened. Open the address above yourself.';

/**
 * Opens a page in the browser of whoever runs the command.
 *
 * @param say - Told once when none could be opened, which may be long after.
 * @param start - Starts what opens it.
 */
export async function openPage(
  page: string,
  say: (line: string) => void,
  start: (page: string) => Promise<ChildProcess> = open,
): Promise<void> {
  try {
    const opener = await start(page);
    opener.once('error', () => say(NONE));
    // Where there is no browser, the opener is there, and ends with a status.
    opener.once('exit', (status) => {
      if (status !== 0 && status !== null) say(NONE);
    });
  } catch {
    say(NONE);
  }
}
