import { randomUUID } from 'node:crypto';
import type { WriteStream } from 'node:tty';
import pc from 'picocolors';
import { harmless } from './harmless.js';

/** Stands for the escape of our own styles until text is written. No text from elsewhere can hold it: nobody can guess it. */
const MARK = `\uE000${randomUUID()}`;
const ESCAPE = '\u001B';

/** Colours for what is written on stdout: none unless it is a terminal that has them. */
// oxlint-disable-next-line no-restricted-properties -- asks only whether it has colours
export const outColours = coloursOf(process.stdout);

/** Colours for what is written on stderr: none unless it is a terminal that has them. */
// oxlint-disable-next-line no-restricted-properties -- asks only whether it has colours
export const errColours = coloursOf(process.stderr);

/** Text as a terminal shows it: {@link harmless}, but for the colours of this module. */
export function styled(text: string): string {
  return harmless(text).replaceAll(MARK, ESCAPE);
}

/** By the stream itself: the library looks at stdout alone, and colours pipes where the variable CI is set. */
function coloursOf(stream: WriteStream) {
  const isColorSupported = stream.isTTY === true && stream.hasColors();
  const { bold, cyan, dim, red, yellow } = pc.createColors(isColorSupported);
  const marked = (style: (text: string) => string) => (text: string) =>
    isColorSupported ? style(harmless(text)).replaceAll(ESCAPE, MARK) : text;
  return {
    isColorSupported,
    bold: marked(bold),
    cyan: marked(cyan),
    dim: marked(dim),
    red: marked(red),
    yellow: marked(yellow),
  };
}
