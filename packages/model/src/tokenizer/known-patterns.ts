const CONTRACTIONS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const LETTERS = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|${SPACES}`;
const UPPER = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`;
const LOWER = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
/** Words in which capital letters stand in front of small ones, each with what may follow it. */
const cased = (after: string) =>
  String.raw`[^\r\n\p{L}\p{N}]?[${UPPER}]*[${LOWER}]+${after}|[^\r\n\p{L}\p{N}]?[${UPPER}]+[${LOWER}]*${after}`;

/** How GPT-2 splits texts. */
export const GPT_2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** How Llama 3 splits texts: digits by threes. */
export const LLAMA_3 = String.raw`${CONTRACTIONS}|${LETTERS}|\p{N}{1,3}|${REST}`;

/** How Qwen 2 splits texts: digits one by one. */
export const QWEN_2 = String.raw`${CONTRACTIONS}|${LETTERS}|\p{N}|${REST}`;

/** How Qwen 3.5 splits texts: marks belong to their letters. */
export const QWEN_3_5 = String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${SPACES}`;

/** How GPT-4o splits texts. */
export const GPT_4O = String.raw`${cased(`${CONTRACTIONS}?`)}|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${SPACES}`;

/** How Mistral's tekken splits texts. */
export const TEKKEN = String.raw`${cased('')}|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${SPACES}`;

/** The second and third pattern by which DeepSeek-V3 splits texts; the first is {@link DIGITS_BY_THREES}. */
export const DEEPSEEK_3 = [
  '[一-龥぀-ゟ゠-ヿ]+',
  `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+`,
] as const;

/** How Seed-Coder splits texts. */
export const SEED_CODER = String.raw`${CONTRACTIONS}|${LETTERS}|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|${SPACES}`;

/** How BLOOM splits texts. */
export const BLOOM = String.raw` ?[^(\s|[.,!?…。，、।۔،])]+`;

/** Every digit by itself. */
export const DIGITS = String.raw`\p{N}`;

/** Digits, three at most. */
export const DIGITS_BY_THREES = String.raw`\p{N}{1,3}`;

/** Groups of three digits, counted from the end of a number. Takes a time that grows with the square of its length. */
export const DIGITS_FROM_END = String.raw`\d{1,3}(?=(?:\d{3})*\b)`;

/** Signs of punctuation, those of ASCII included. */
export const PUNCTUATION = String.raw`[\p{P}!-/:-@\[-\`{-~]`;

/** Pieces, each of which begins with the mark of a space. */
export const AT_SPACES = '▁[^▁]*|[^▁]+';

/** White space of any length, and the mark of a space where the next word begins with one. */
export const WHITE_SPACE = String.raw`\s+▁?`;

const some = (pattern: string) => `${pattern}+`;

/** What digits and punctuation are split by where all of a row, or each by itself, is a piece. */
export const RUNS = { digits: some(DIGITS), punctuation: some(PUNCTUATION) } as const;

/** Regular expressions of tokenizers whose matches take a time that grows with the text, and no faster. */
export const KNOWN_PATTERNS: ReadonlySet<string> = new Set([
  GPT_2,
  LLAMA_3,
  QWEN_2,
  QWEN_3_5,
  GPT_4O,
  TEKKEN,
  ...DEEPSEEK_3,
  SEED_CODER,
  BLOOM,
  DIGITS,
  DIGITS_BY_THREES,
  PUNCTUATION,
  AT_SPACES,
  WHITE_SPACE,
  ...Object.values(RUNS),
]);
