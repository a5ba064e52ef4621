import { utf8Bytes, utf8Text } from '../utf8.js';

/**
 * The normalization that SentencePiece compiles into a model (`precompiled_charsmap`): what some characters, and some sequences
 * of them, are replaced by. A double array (Aoe 1989, as packed by darts-clone) finds them, and points into a list of texts.
 */
const HAS_LEAF = 1 << 8;
const VALUE = 0x7fffffff;
const LABEL = 0x800000ff;

/** Bytes that one character becomes: the longest of Unicode (U+FDFA, composed by compatibility) becomes 33. */
const LONGEST_TEXT = 256;

/** Longer characters are looked at code point by code point. */
const LONGEST_WHOLE = 6;

/**
 * Reads such a map. It is applied as the Hugging Face tokenizers library does: to each character as people see it, else to its
 * parts; where the map knows the beginning of one, that replaces all of it.
 *
 * @param bytes - As stored: the length of the double array, the array, the texts, each ended by a zero.
 * @throws RangeError where lengths contradict each other; where a place lies beyond the end, when a text leads there
 */
export function createCharsmap(bytes: Uint8Array): (text: string) => string {
  if (bytes.length === 0) return (text) => text;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  if (length % 4 !== 0 || 4 + length > bytes.length)
    throw new RangeError('its map of characters is cut short');
  const units = Uint32Array.from({ length: length / 4 }, (_, at) => view.getUint32(4 + at * 4, true));
  const texts = bytes.subarray(4 + length);
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
  const known = new Map<string, string>();
  const replaceKnown = (character: string): string => {
    const found = known.get(character) ?? replaceCharacter(character, units, texts);
    if (known.size < MOST_KNOWN) known.set(character, found);
    return found;
  };
  return (text) => Array.from(segmenter.segment(text), ({ segment }) => replaceKnown(segment)).join('');
}

/** Characters whose replacements are remembered. */
const MOST_KNOWN = 2 ** 12;

function replaceCharacter(character: string, units: Uint32Array, texts: Uint8Array): string {
  const bytes = utf8Bytes(character);
  const whole = bytes.length < LONGEST_WHOLE ? replacementOf(bytes, units, texts) : undefined;
  if (whole !== undefined) return whole;
  return Array.from(character, (each) => replacementOf(utf8Bytes(each), units, texts) ?? each).join('');
}

/** What the shortest beginning that the map knows is replaced by. */
function replacementOf(key: Uint8Array, units: Uint32Array, texts: Uint8Array): string | undefined {
  let place = offsetOf(unitAt(units, 0));
  for (const byte of key) {
    if (byte === 0) return undefined;
    place ^= byte;
    const unit = unitAt(units, place);
    if ((unit & LABEL) >>> 0 !== byte) return undefined;
    place ^= offsetOf(unit);
    if ((unit & HAS_LEAF) !== 0) return textAt(texts, unitAt(units, place) & VALUE);
  }
  return undefined;
}

function unitAt(units: Uint32Array, place: number): number {
  const unit = units[place];
  if (unit === undefined) throw new RangeError('its map of characters points beyond its end');
  return unit;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}

function textAt(texts: Uint8Array, start: number): string {
  const end = texts.indexOf(0, start);
  if (end - start > LONGEST_TEXT)
    throw new RangeError(`its map of characters makes more than ${LONGEST_TEXT} bytes of one`);
  if (end < 0) throw new RangeError('its map of characters points beyond its texts');
  return utf8Text(texts.subarray(start, end));
}
