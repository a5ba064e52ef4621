/** Some tokens of a vocabulary. */
export interface TokenSet {
  /** How many they are. */
  readonly size: number;
  has(token: number): boolean;
  /** All of them, ascending. */
  list(): number[];
}

/**
 * The tokens that are in all of some masks.
 *
 * @param masks - At least one: token `t` is in a mask if bit `t % 32` of word `⌊t / 32⌋` is set. They are copied.
 */
export function intersectMasks(masks: readonly Uint32Array[], vocabularySize: number): TokenSet {
  const words = masks[0].slice(0, Math.ceil(vocabularySize / 32));
  for (const mask of masks.slice(1)) words.forEach((word, i) => (words[i] = word & mask[i]));
  const beyond = vocabularySize % 32;
  if (beyond > 0) words[words.length - 1] &= 2 ** beyond - 1;
  let size = 0;
  for (const word of words) size += ones(word);
  return {
    size,
    has: (token) => ((words[token >>> 5] >>> (token & 31)) & 1) === 1,
    list: () => Array.from(words, bitsOf).flat(),
  };
}

/** Bits that are set (Hacker's Delight, figure 5-2). */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function bitsOf(word: number, index: number): number[] {
  const bits: number[] = [];
  for (let rest = word; rest !== 0; rest = (rest & (rest - 1)) >>> 0) {
    bits.push(32 * index + 31 - Math.clz32(rest & -rest));
  }
  return bits;
}
