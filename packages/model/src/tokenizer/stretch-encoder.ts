import { fromBase64 } from '@halfspace/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { isJsonObject } from '../json-object.js';
import { createCharsmap } from './charsmap.js';
import { SPACE } from './pieces.js';
import { listOf, type SpacePrefix } from './space-prefix.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { createUnigram } from './unigram.js';

/** Encodes text between tokens that stand for themselves. */
export interface StretchEncoder {
  /** Ids of a stretch of text; `spaced`, with a space in front where the tokenizer puts one. */
  idsOf(text: string, spaced: boolean): number[];
  /** The token that the tokenizer puts in front of a text by itself. */
  readonly beginning: number | undefined;
}

/** The part of the tokenizers library that knows a vocabulary. */
interface Vocabulary {
  readonly tokens_to_ids: Map<string, number>;
}

/**
 * The encoder of text, to which control tokens are unknown: whatever it is given, none of them comes out.
 *
 * @throws Error about what is wrong with the files
 */
export function createStretchEncoder(files: TokenizerFiles, control: ReadonlySet<number>): StretchEncoder {
  const { model } = files.tokenizer;
  return isJsonObject(model) && model['type'] === 'Unigram'
    ? byUnigram(files, model, control)
    : byLibrary(files, control);
}

function byLibrary(files: TokenizerFiles, control: ReadonlySet<number>): StretchEncoder {
  const { added_tokens: listed, ...rest } = files.tokenizer;
  const added = (listed as readonly { readonly id: number }[]).filter(({ id }) => !control.has(id));
  const inner = new HuggingFaceTokenizer({ ...rest, added_tokens: added }, files.config);
  const { tokens_to_ids: ids } = inner.model as unknown as Vocabulary;
  const unknown = (files.tokenizer['model'] as { readonly unk_token?: unknown }).unk_token;
  for (const id of control) {
    const token = files.tokens[id];
    if (token !== undefined && token !== unknown && ids.get(token) === id) ids.delete(token);
  }
  return {
    // A byte that no token stands for is left out, as by the tokenizers library.
    idsOf: (text, spaced) =>
      inner
        .encode(spaced ? withSpace(text, files.prefix) : text, { add_special_tokens: false })
        .ids.filter(Number.isInteger),
    beginning: firstAdded(inner, files.tokens),
  };
}

function byUnigram(
  files: TokenizerFiles,
  { vocab, unk_id: unknown, byte_fallback: byteFallback }: Readonly<Record<string, unknown>>,
  control: ReadonlySet<number>,
): StretchEncoder {
  const { normalizer, pre_tokenizer: preTokenizer, post_processor: postProcessor } = files.tokenizer;
  const normalize = createNormalizer(normalizer);
  const shell = shellOf({ pre_tokenizer: preTokenizer, post_processor: postProcessor });
  const split = (text: string): string[] => shell.pre_tokenizer?.(text) ?? [text];
  const encode = createUnigram({
    pieces: piecesOf(vocab),
    unknown: typeof unknown === 'number' ? unknown : undefined,
    byteFallback: byteFallback === true,
    without: new Set([...control].filter((id) => id !== unknown)),
  });
  return {
    idsOf(text, spaced) {
      const plain = normalize(text);
      const whole = spaced ? withSpace(plain, files.prefix).replace(/^ /u, SPACE) : plain;
      return whole === '' ? [] : split(whole).flatMap(encode);
    },
    beginning: firstAdded(shell, files.tokens),
  };
}

function piecesOf(vocab: unknown): [piece: string, score: number][] {
  const pieces: unknown[] = Array.isArray(vocab) ? vocab : [];
  return pieces.map((each) => {
    const [piece, score] = Array.isArray(each) ? (each as unknown[]) : [];
    if (typeof piece === 'string' && typeof score === 'number' && Number.isFinite(score))
      return [piece, score];
    throw new Error('not every piece has a text and a score');
  });
}

/** The library's tokenizer around a model that knows one token. */
function shellOf(parts: Readonly<Record<string, unknown>>): HuggingFaceTokenizer {
  const model = { type: 'BPE', vocab: { a: 0 }, merges: [] };
  const none = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  };
  return new HuggingFaceTokenizer({ ...none, model, ...parts }, {});
}

/** All normalizers one after another: those of the library, and the map of characters, of which the library knows a part. */
function createNormalizer(definition: unknown): (text: string) => string {
  const steps = listOf(definition, 'normalizers').map((each) => {
    if (!isJsonObject(each) || each['type'] !== 'Precompiled') {
      const { normalizer } = shellOf({ normalizer: each });
      return (text: string): string => normalizer?.(text) ?? text;
    }
    const map: unknown = each['precompiled_charsmap'];
    if (typeof map !== 'string') return createCharsmap(new Uint8Array());
    const bytes = fromBase64(map);
    if (bytes === undefined) throw new RangeError('its map of characters is no Base64');
    return createCharsmap(bytes);
  });
  return (text) => steps.reduce((before, step) => step(before), text);
}

/** A text with a space in front, unless there is nothing to put it in front of, or one there. */
function withSpace(text: string, { unless }: SpacePrefix): string {
  return text === '' || unless.some((begin) => text.startsWith(begin)) ? text : ` ${text}`;
}

/** The token that a tokenizer puts in front of a text by itself. */
function firstAdded(inner: HuggingFaceTokenizer, tokens: TokenizerFiles['tokens']): number | undefined {
  const [first] = inner.tokenize('a', { add_special_tokens: true });
  const [plain] = inner.tokenize('a');
  const id = first === undefined || first === plain ? -1 : tokens.indexOf(first);
  return id < 0 ? undefined : id;
}
