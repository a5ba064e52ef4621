import { HalfspaceError, toBase64 } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import { tokenBytes } from './byte-alphabet.js';
import { assertShortPieces, mergesOf, PIECE_NORMALIZER, pieceBytes, SPACE } from './pieces.js';
import { PRE_TOKENIZERS, spellPreTokenizer, type PreTokenizer } from './pre-tokenizers.js';
import { NO_PREFIX, ONE_SPACE, SPLIT_AT_SPACES, type SpacePrefix } from './space-prefix.js';
import { damagedVocabulary } from './damaged-vocabulary.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** Kinds of token. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const BYTE = 6;

/** The token for what is unknown, where a file of the unigram language model does not name it. */
const T5_UNKNOWN = 2;

function strings({ name, metadata }: ModelFile, key: string): string[] {
  const value = metadata.get(key);
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'))
    return value;
  throw damagedVocabulary(name, `${key} is no list of texts`);
}

function tokenId({ name, metadata }: ModelFile, key: string, size: number): number | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < size) return value;
  throw damagedVocabulary(name, `${key} is ${describeValue(value)}, which is no token`);
}

/** The rule that splits a text before pairs are merged. */
function preTokenizerOf({ name, metadata }: ModelFile): PreTokenizer {
  const rule = metadata.get('tokenizer.ggml.pre');
  const known = typeof rule === 'string' ? PRE_TOKENIZERS.get(rule) : undefined;
  if (known !== undefined) return known;
  const advice = 'Take the safetensors of the model, which say how texts are split';
  throw new HalfspaceError(
    'unsupported-model',
    rule === undefined
      ? `${name} does not say how it splits text (tokenizer.ggml.pre is missing, as in files of before May 2024). ${advice}, or a newer GGUF file.`
      : `${name} splits text by the rule ${describeValue(rule)}, which Halfspace does not know. ${advice}, or a file with one of these rules: ${[...PRE_TOKENIZERS.keys()].join(', ')}.`,
  );
}

function readTokens(model: ModelFile): Map<string, number> {
  const tokens = strings(model, 'tokenizer.ggml.tokens');
  const ids = new Map(tokens.map((token, id) => [token, id]));
  if (ids.size !== tokens.length) throw damagedVocabulary(model.name, 'it has a token twice');
  return ids;
}

function readMerges(model: ModelFile, ids: ReadonlyMap<string, number>): string[] {
  const merges = strings(model, 'tokenizer.ggml.merges');
  for (const merge of merges) {
    const [left, right, ...rest] = merge.split(' ');
    if (left === undefined || right === undefined || rest.length > 0)
      throw damagedVocabulary(model.name, `the merge ${describeValue(merge)} is no pair`);
    if (!ids.has(left) || !ids.has(right) || !ids.has(left + right))
      throw damagedVocabulary(model.name, `the merge ${describeValue(merge)} is of unknown tokens`);
  }
  return merges;
}

/** Ids of control tokens and of the one for what is unknown, and of those and the user's own, which are never split. */
function readKinds({ name, metadata }: ModelFile, size: number): { special: Set<number>; added: number[] } {
  const kinds = metadata.get('tokenizer.ggml.token_type') ?? [];
  if (!Array.isArray(kinds) || (kinds.length > 0 && kinds.length !== size))
    throw damagedVocabulary(name, 'not every token has a kind');
  const idsOf = (...wanted: unknown[]) => kinds.flatMap((kind, id) => (wanted.includes(kind) ? [id] : []));
  return {
    special: new Set(idsOf(CONTROL, UNKNOWN)),
    added: idsOf(CONTROL, UNKNOWN, USER_DEFINED),
  };
}

/** Ends of a turn and of a message, and a list of all ends. */
function readMoreEnds(model: ModelFile, size: number): (number | undefined)[] {
  const all = model.metadata.get('tokenizer.ggml.eos_token_ids');
  const listed = Array.isArray(all) ? all.filter((id) => typeof id === 'number' && id >= 0 && id < size) : [];
  return [
    tokenId(model, 'tokenizer.ggml.eot_token_id', size),
    tokenId(model, 'tokenizer.ggml.eom_token_id', size),
    ...(listed as number[]),
  ];
}

/** What differs between the kinds of tokenizer. */
interface Kind extends Pick<TokenizerFiles, 'spelling' | 'prefix' | 'normalizes'> {
  /** Parts of tokenizer.json. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Its model: vocabulary, and merges or scores. */
  readonly model: Readonly<Record<string, unknown>>;
  /** Whether a text begins with a token where the file does not say. */
  readonly wantsBos: boolean;
}

function byteLevel(model: ModelFile, ids: ReadonlyMap<string, number>): Kind {
  const rule = preTokenizerOf(model);
  return {
    parts: { ...spellPreTokenizer(rule), decoder: null },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(ids),
      merges: readMerges(model, ids),
      ignore_merges: rule.ignoresMerges,
      unk_token: null,
    },
    spelling: tokenBytes,
    prefix: NO_PREFIX,
    normalizes: rule.composes,
    wantsBos: rule.wantsBos,
  };
}

/** Scores of the pieces that are text; @throws HalfspaceError `corrupt-model` */
function readScores({ name, metadata }: ModelFile, ids: ReadonlyMap<string, number>): Map<string, number> {
  const scores = metadata.get('tokenizer.ggml.scores');
  const kinds = metadata.get('tokenizer.ggml.token_type');
  if (!Array.isArray(scores) || scores.length !== ids.size || !Array.isArray(kinds))
    throw damagedVocabulary(name, 'not every token has a score');
  const pieces = new Map<string, number>();
  for (const [piece, id] of ids) {
    const score = scores[id];
    if (typeof score !== 'number' || Number.isNaN(score))
      throw damagedVocabulary(
        name,
        `the token ${describeValue(piece)} has the score ${describeValue(score)}`,
      );
    if (kinds[id] === NORMAL) pieces.set(piece, score);
  }
  return pieces;
}

/** Where a file of pieces has a space in front of texts. */
function prefixOf({ metadata }: ModelFile, unless: readonly string[]): SpacePrefix {
  return metadata.get('tokenizer.ggml.add_space_prefix') === false ? NO_PREFIX : { where: 'each', unless };
}

function byPieces(model: ModelFile, ids: ReadonlyMap<string, number>): Kind {
  const unknown = tokenId(model, 'tokenizer.ggml.unknown_token_id', ids.size);
  const scores = readScores(model, ids);
  assertShortPieces(model.name, scores.keys());
  return {
    parts: { normalizer: PIECE_NORMALIZER, pre_tokenizer: null, decoder: null },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(ids),
      merges: mergesOf(scores),
      byte_fallback: true,
      unk_token: unknown === undefined ? null : [...ids.keys()][unknown],
    },
    spelling: pieceBytes,
    prefix: prefixOf(model, []),
    normalizes: true,
    wantsBos: true,
  };
}

/** SentencePiece by the unigram language model, which GGUF calls by the first family that had it. */
function byUnigram(model: ModelFile, ids: ReadonlyMap<string, number>): Kind {
  const { name, metadata } = model;
  if (metadata.get('tokenizer.ggml.treat_whitespace_as_suffix') === true)
    throw new HalfspaceError(
      'unsupported-model',
      `${name} writes spaces behind words, which Halfspace does not do.`,
    );
  const scores = readScores(model, ids);
  const kinds = metadata.get('tokenizer.ggml.token_type') as readonly unknown[];
  const map = metadata.get('tokenizer.ggml.precompiled_charsmap') ?? [];
  if (!Array.isArray(map) || !map.every((byte) => Number.isInteger(byte)))
    throw damagedVocabulary(name, 'its map of characters is none');
  const charsmap = toBase64(Uint8Array.from(map as number[]));
  return {
    parts: {
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Precompiled', precompiled_charsmap: charsmap },
          ...(metadata.get('tokenizer.ggml.remove_extra_whitespaces') === true ? ONE_SPACE : []),
          PIECE_NORMALIZER,
        ],
      },
      pre_tokenizer: SPLIT_AT_SPACES,
      decoder: null,
    },
    model: {
      type: 'Unigram',
      vocab: [...ids.keys()].map((piece) => [piece, scores.get(piece) ?? 0]),
      unk_id: tokenId(model, 'tokenizer.ggml.unknown_token_id', ids.size) ?? T5_UNKNOWN,
      byte_fallback: kinds.includes(BYTE),
    },
    spelling: pieceBytes,
    prefix: prefixOf(model, [' ', SPACE]),
    normalizes: true,
    wantsBos: false,
  };
}

/** How the kinds of tokenizer that GGUF names are read. */
const KINDS: Readonly<Record<string, (model: ModelFile, ids: ReadonlyMap<string, number>) => Kind>> = {
  gpt2: byteLevel,
  llama: byPieces,
  t5: byUnigram,
};

function readKind(model: ModelFile): (ids: ReadonlyMap<string, number>) => Kind {
  const kind = model.metadata.get('tokenizer.ggml.model');
  if (typeof kind === 'string' && Object.hasOwn(KINDS, kind)) return (ids) => KINDS[kind](model, ids);
  throw new HalfspaceError(
    'unsupported-model',
    `${model.name} has a tokenizer of the kind ${describeValue(kind)}; Halfspace reads byte-level BPE ("gpt2") and SentencePiece ("llama", "t5").`,
  );
}

/** Phi-3's control tokens but these take the white space behind them away, which GGUF does not say. */
const NEVER_STRIPS: ReadonlySet<string | undefined> = new Set(['<unk>', '<s>', '<|endoftext|>']);

function isPhi3({ metadata }: ModelFile): boolean {
  const name = metadata.get('general.name');
  return (
    metadata.get('general.architecture') === 'phi3' || (typeof name === 'string' && /phi-?3/iu.test(name))
  );
}

/** The tokenizer of a GGUF file, in the shape of tokenizer.json. */
export function tokenizerFromGguf(model: ModelFile): TokenizerFiles {
  const kindOf = readKind(model);
  const ids = readTokens(model);
  const kind = kindOf(ids);
  const tokens = [...ids.keys()];
  const { special, added } = readKinds(model, tokens.length);
  const bos = tokenId(model, 'tokenizer.ggml.bos_token_id', tokens.length);
  const eos = tokenId(model, 'tokenizer.ggml.eos_token_id', tokens.length);
  const ends = [eos, ...readMoreEnds(model, tokens.length)];
  const wantsBos = model.metadata.get('tokenizer.ggml.add_bos_token') ?? kind.wantsBos;
  const template = model.metadata.get('tokenizer.chat_template');
  const strips = kind.spelling === pieceBytes && isPhi3(model);
  return {
    tokenizer: {
      version: '1.0',
      added_tokens: added.map((id) => ({
        id,
        content: tokens[id],
        special: special.has(id),
        single_word: false,
        lstrip: false,
        rstrip: strips && !NEVER_STRIPS.has(tokens[id]),
        normalized: false,
      })),
      ...kind.parts,
      post_processor: null,
      model: kind.model,
    },
    config: {
      bos_token: tokens[bos ?? -1],
      eos_token: tokens[eos ?? -1],
      clean_up_tokenization_spaces: false,
    },
    tokens,
    added: new Set(added),
    special,
    spelling: kind.spelling,
    prefix: kind.prefix,
    normalizes: kind.normalizes,
    beginning: wantsBos === true ? (bos ?? 'none') : 'none',
    ends: ends.filter((end) => end !== undefined),
    chatTemplate: typeof template === 'string' ? template : undefined,
  };
}
