const CONTRACTIONS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** How Llama 3 splits texts: digits by threes. */
export const LLAMA_3 = String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|${REST}`;

/** How Qwen 2 splits texts: digits one by one. */
export const QWEN_2 = String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|${REST}`;

const GPT_2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** Pieces, each of which begins with the mark of a space. */
export const AT_SPACES = '▁[^▁]*|[^▁]+';

/** White space of any length, and the mark of a space where the next word begins with one. */
export const WHITE_SPACE = String.raw`\s+▁?`;

/** Regular expressions of tokenizers whose matches take a time that grows with the text, and no faster. */
export const KNOWN_PATTERNS: ReadonlySet<string> = new Set([GPT_2, LLAMA_3, QWEN_2, AT_SPACES, WHITE_SPACE]);
