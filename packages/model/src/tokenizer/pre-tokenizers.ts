import {
  BLOOM,
  DEEPSEEK_3,
  DIGITS,
  DIGITS_BY_THREES,
  DIGITS_FROM_END,
  GPT_2,
  GPT_4O,
  LLAMA_3,
  QWEN_2,
  QWEN_3_5,
  RUNS,
  SEED_CODER,
  TEKKEN,
} from './known-patterns.js';

/** How a byte-level vocabulary that GGUF names is used. */
export interface PreTokenizer {
  /** Regular expressions; each splits what those before it have left whole. */
  readonly patterns: readonly string[];
  /** Whether texts are composed (NFC) first. */
  readonly composes: boolean;
  /** Whether a piece that is a token as it is is not merged. */
  readonly ignoresMerges: boolean;
  /** Whether a text begins with a token where the file does not say. */
  readonly wantsBos: boolean;
}

const plain = (...patterns: string[]): PreTokenizer => ({
  patterns,
  composes: false,
  ignoresMerges: false,
  wantsBos: false,
});
const composed = (...patterns: string[]): PreTokenizer => ({ ...plain(...patterns), composes: true });
const whole = (...patterns: string[]): PreTokenizer => ({
  ...plain(...patterns),
  ignoresMerges: true,
  wantsBos: true,
});

/** Names that share a rule, as llama.cpp has them; the tokenizers of Qwen, NeoX and Cohere compose texts besides, which it leaves out. */
const RULES: readonly (readonly [rule: PreTokenizer, names: string])[] = [
  [plain(GPT_2), 'gpt-2 phi-2 mpt jais trillion granite-docling gigachat a.x-4.0 mellum exaone4'],
  [composed(GPT_2), 'olmo modern-bert'],
  [plain(DIGITS, GPT_2), 'smollm starcoder refact codeshell exaone minerva-7b mellum2'],
  [composed(DIGITS, GPT_2), 'command-r'],
  [plain('[\\p{P}$+<=>^~|`]+', GPT_2, '[0-9][0-9][0-9]'), 'falcon'],
  [plain('[\\p{P}$+<=>^~|]+', GPT_2, RUNS.digits, '[0-9][0-9][0-9]'), 'default'],
  [whole(LLAMA_3), 'llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2'],
  [plain(LLAMA_3), 'dbrx smaug-bpe glm4 chatglm-bpe'],
  [composed(QWEN_2), 'qwen2 deepseek-r1-qwen megrez kormo'],
  [plain(QWEN_2), 'stablelm2 hunyuan solar-open grok-2'],
  [composed(QWEN_3_5), 'qwen35'],
  [plain(GPT_4O), 'gpt-4o llama4 kanana2 minimax-m2'],
  [whole(TEKKEN), 'tekken'],
  [plain(DIGITS_BY_THREES, ...DEEPSEEK_3), 'deepseek-v3 hunyuan-dense joyai-llm'],
  [plain('[\r\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-퟿]+', DIGITS), 'deepseek-coder'],
  [plain(DIGITS_FROM_END, GPT_4O), 'tiny_aya cohere2moe'],
  [plain(SEED_CODER), 'seed-coder'],
  [plain(BLOOM), 'bloom poro-chat gpt3-finnish'],
  [plain(BLOOM, DIGITS), 'viking'],
];

/** GGUF's names for the ways to split a text (`tokenizer.ggml.pre`). */
export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map(
  RULES.flatMap(([rule, names]) => names.split(' ').map((name) => [name, rule] as const)),
);

const BYTES = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

/** A rule as tokenizer.json spells it. */
export function spellPreTokenizer({ patterns, composes }: PreTokenizer): {
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
} {
  return {
    normalizer: composes ? { type: 'NFC' } : null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...patterns.map(splitBy), BYTES] },
  };
}

/** A pre-tokenizer for which every match is a piece. */
export function splitBy(pattern: string) {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}
