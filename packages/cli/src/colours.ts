import type { WriteStream } from 'node:tty';
import pc from 'picocolors';

/** Colours for what is written on stdout: none unless it is a terminal that has them. */
export const outColours = coloursOf(process.stdout);

/** Colours for what is written on stderr: none unless it is a terminal that has them. */
export const errColours = coloursOf(process.stderr);

/** By the stream itself: the library looks at stdout alone, and colours pipes where the variable CI is set. */
function coloursOf(stream: WriteStream) {
  return pc.createColors(stream.isTTY === true && stream.hasColors());
}
