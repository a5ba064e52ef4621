import stringWidth from 'string-width';
import { styled } from './colours.js';

/** Columns of a terminal that text takes, without its colours: two for a character of Chinese or an emoji, none for an accent. */
export function widthOf(text: string): number {
  return stringWidth(styled(text));
}

/** Fills text up with spaces to so many columns, behind it or, for numbers, before it. */
export function padded(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const filling = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? text + filling : filling + text;
}

const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Text without colours that takes at most so many columns: one that takes more ends in `…`, after a whole character. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let columns = 1;
  for (const { segment } of CHARACTERS.segment(text)) {
    columns += widthOf(segment);
    if (columns > width) break;
    kept += segment;
  }
  return `${kept}…`;
}
