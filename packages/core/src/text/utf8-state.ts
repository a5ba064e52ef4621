/** What bytes are: whole characters; whole ones and the beginning of another; neither. */
export type Utf8State = 'whole' | 'open' | 'broken';

/** What some bytes are as UTF-8. They are `open` only where what is missing at their end can still be written. */
export function utf8StateOf(bytes: Uint8Array): Utf8State {
  for (let at = 0; at < bytes.length;) {
    const more = continuations(bytes[at]);
    if (more === undefined) return 'broken';
    for (let next = 1; next <= more; next++) {
      if (at + next === bytes.length) return 'open';
      if (!continues(bytes[at + next], next === 1 ? bytes[at] : 0)) return 'broken';
    }
    at += more + 1;
  }
  return 'whole';
}

/** How many bytes follow the first of a character; undefined for one that is no first byte. */
function continuations(first: number): number | undefined {
  if (first < 0x80) return 0;
  if (first < 0xc2 || first > 0xf4) return undefined;
  return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/**
 * Whether a byte may follow.
 *
 * @param first - The first byte of the character where this one is the second: some leave out long forms, surrogates and what is
 * beyond the last character; else 0.
 */
function continues(byte: number, first: number): boolean {
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}
