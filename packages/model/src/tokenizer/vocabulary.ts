import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import type { MetadataValue, ModelFile } from '../weights.js';

/** What a tokenizer is made of: the shapes of tokenizer.json and tokenizer_config.json, and what stands beside. */
export interface TokenizerFiles {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Text of every id. */
  readonly tokens: readonly string[];
  /** Ids of control tokens, which are no text. */
  readonly special: ReadonlySet<number>;
  /** Token put in front of a text, if the model wants one. */
  readonly beginning: number | undefined;
  readonly endOfSequence: number | undefined;
  readonly chatTemplate: string | undefined;
}

/** Kinds of token in GGUF. */
const CONTROL = 3;
const USER_DEFINED = 4;

function corrupt(name: string, what: string): HalfspaceError {
  return new HalfspaceError(
    'corrupt-model',
    `The vocabulary of ${name} is damaged: ${what}. Fetch the model again.`,
  );
}

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const split = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
const afterSplit = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [split(pattern), { ...BYTE_LEVEL, use_regex: false }],
});

/** How GGUF's names for pre-tokenizers are spelled in tokenizer.json. */
const PRE_TOKENIZERS: Readonly<Record<string, unknown>> = {
  default: BYTE_LEVEL,
  'gpt-2': BYTE_LEVEL,
  smollm: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, BYTE_LEVEL] },
  'llama-bpe': afterSplit(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ),
  qwen2: afterSplit(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ),
};

function strings(model: ModelFile, key: string): string[] {
  const value = model.metadata.get(key);
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'))
    return value;
  throw corrupt(model.name, `${key} is no list of texts`);
}

function tokenId(model: ModelFile, key: string, size: number): number | undefined {
  const value: MetadataValue | undefined = model.metadata.get(key);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < size) return value;
  throw corrupt(model.name, `${key} is ${JSON.stringify(value)}, which is no token`);
}

function checkMerges(name: string, merges: readonly string[], vocabulary: ReadonlyMap<string, number>): void {
  for (const merge of merges) {
    const [left, right, ...rest] = merge.split(' ');
    if (left === undefined || right === undefined || rest.length > 0)
      throw corrupt(name, `the merge "${merge}" is no pair`);
    if (!vocabulary.has(left) || !vocabulary.has(right) || !vocabulary.has(left + right)) {
      throw corrupt(name, `the merge "${merge}" is of unknown tokens`);
    }
  }
}

/** The vocabulary of a GGUF file, in the shape of tokenizer.json. */
function fromGguf(model: ModelFile): TokenizerFiles {
  const kind = model.metadata.get('tokenizer.ggml.model');
  if (kind !== 'gpt2') {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} has a tokenizer of the kind ${JSON.stringify(kind) ?? 'unknown'}; Halfspace reads byte-level BPE ("gpt2").`,
    );
  }
  const pre = model.metadata.get('tokenizer.ggml.pre') ?? 'default';
  const preTokenizer = typeof pre === 'string' ? PRE_TOKENIZERS[pre] : undefined;
  if (preTokenizer === undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} splits text by the rule ${JSON.stringify(pre)}, which Halfspace does not know. Known: ${Object.keys(PRE_TOKENIZERS).join(', ')}.`,
    );
  }
  const tokens = strings(model, 'tokenizer.ggml.tokens');
  const merges = strings(model, 'tokenizer.ggml.merges');
  const vocabulary = new Map(tokens.map((token, id) => [token, id]));
  if (vocabulary.size !== tokens.length) throw corrupt(model.name, 'it has a token twice');
  checkMerges(model.name, merges, vocabulary);
  const types = model.metadata.get('tokenizer.ggml.token_type');
  if (types !== undefined && (!Array.isArray(types) || types.length !== tokens.length))
    throw corrupt(model.name, 'not every token has a kind');
  const ofKind = (wanted: number) =>
    tokens.flatMap((_, id) => (Array.isArray(types) && types[id] === wanted ? [id] : []));
  const special = ofKind(CONTROL);
  const added = [...special, ...ofKind(USER_DEFINED)].sort((a, b) => a - b);
  const isSpecial = new Set(special);
  const beginning = tokenId(model, 'tokenizer.ggml.bos_token_id', tokens.length);
  const endOfSequence = tokenId(model, 'tokenizer.ggml.eos_token_id', tokens.length);
  const template = model.metadata.get('tokenizer.chat_template');
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: added.map((id) => ({
        id,
        content: tokens[id],
        special: isSpecial.has(id),
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
      })),
      normalizer: null,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder: BYTE_LEVEL,
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(vocabulary),
        merges,
        ignore_merges: pre === 'llama-bpe',
        unk_token: null,
      },
    },
    config: {
      bos_token: tokens[beginning ?? -1],
      eos_token: tokens[endOfSequence ?? -1],
      clean_up_tokenization_spaces: false,
    },
    tokens,
    special: isSpecial,
    beginning: model.metadata.get('tokenizer.ggml.add_bos_token') === true ? beginning : undefined,
    endOfSequence,
    chatTemplate: typeof template === 'string' ? template : undefined,
  };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    throw new HalfspaceError(
      'corrupt-model',
      `The model's tokenizer cannot be read from ${path}. Fetch it again.`,
      { cause: error },
    );
  }
  throw new HalfspaceError('corrupt-model', `${path} is no JSON object. Fetch it again.`);
}

/** tokenizer.json and tokenizer_config.json beside safetensors. */
async function fromDirectory(model: ModelFile): Promise<TokenizerFiles> {
  const tokenizer = await readJson(join(model.path, 'tokenizer.json'));
  const config = await readJson(join(model.path, 'tokenizer_config.json'));
  const bpe = tokenizer['model'] as { vocab?: Record<string, number> } | undefined;
  if (typeof bpe?.vocab !== 'object') throw corrupt(model.name, 'tokenizer.json has no vocabulary');
  const added = (tokenizer['added_tokens'] ?? []) as readonly {
    id: number;
    content: string;
    special: boolean;
  }[];
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(bpe.vocab)) tokens[id] = token;
  for (const { id, content } of added) tokens[id] = content;
  const find = (key: string) => {
    const given = config[key] as string | { content: string } | null | undefined;
    const text = typeof given === 'string' ? given : given?.content;
    const id = text === undefined ? -1 : tokens.indexOf(text);
    return id < 0 ? undefined : id;
  };
  return {
    tokenizer,
    config,
    tokens,
    special: new Set(added.filter((each) => each.special).map((each) => each.id)),
    beginning: config['add_bos_token'] === true ? find('bos_token') : undefined,
    endOfSequence: find('eos_token'),
    chatTemplate: typeof config['chat_template'] === 'string' ? config['chat_template'] : undefined,
  };
}

/** The vocabulary that belongs to a model file. */
export async function readVocabulary(model: ModelFile): Promise<TokenizerFiles> {
  return model.format === 'gguf' ? fromGguf(model) : fromDirectory(model);
}
