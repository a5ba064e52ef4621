/** Limits on what a JSON text is made of. */
export interface JsonBounds {
  /** How deep lists and objects may stand in one another. */
  readonly deepest: number;
  /** How many values there may be, those in lists and objects counted. */
  readonly most: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** Brackets and braces differ in this bit alone. */
const ANY_BRACE = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * What of a JSON text is beyond its bounds, in words; undefined where nothing is. Looks at the bytes, before `JSON.parse` makes
 * of two of them an object of fifty.
 *
 * @param json - In UTF-8. Whether it is JSON is for the parser to say.
 */
export function beyondBounds(json: Uint8Array, { deepest, most }: JsonBounds): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at);
    else if (byte === COMMA) values++;
    else if ((byte | ANY_BRACE) === OPEN) {
      values++;
      if (++depth > deepest) return `it is nested more than ${deepest} deep`;
    } else if ((byte | ANY_BRACE) === CLOSE) depth--;
    if (values > most) return `it has more than ${most} values`;
  }
  return undefined;
}

/** Where the text ends that begins with the quote at `from`. */
function endOfText(json: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
