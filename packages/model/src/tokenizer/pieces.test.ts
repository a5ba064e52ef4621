import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array, bool, f32, i32, text, u32, type GgufValue } from '../testing/gguf-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyGguf, tinyJson, tinyMetadata, writeTinyDirectory } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { mergesOf, PIECE_NORMALIZER } from './pieces.js';
import { createTokenizer } from './tokenizer.js';

const directory = useTemporaryDirectory();
const [NORMAL, CONTROL, USER_DEFINED, BYTE] = [1, 3, 4, 6];

const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
/** Pieces by score, best first: no two orders of merging come to the same. */
const PIECES = ['ab', '▁a', 'ba', 'bb', 'abb', 'aba', '▁ab', 'b▁', '▁▁b', 'bab', '▁', 'a', 'b', 'é'];
const VOCABULARY: readonly (readonly [token: string, kind: number, score: number])[] = [
  ['<bos>', CONTROL, -1000],
  ['<unk>', CONTROL, -1000],
  ['<end_of_turn>', CONTROL, -1000],
  ['\n\n', USER_DEFINED, -1000],
  ...BYTES.map((byte) => [byte, BYTE, 0] as const),
  ...PIECES.map((piece, rank) => [piece, NORMAL, -rank] as const),
];
const TOKENS = VOCABULARY.map(([token]) => token);
const id = (token: string) => TOKENS.indexOf(token);

async function openTokenizer(changes: Readonly<Record<string, GgufValue>> = {}) {
  const path = join(directory.path, 'pieces.gguf');
  const metadata = {
    ...tinyMetadata(),
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.tokens': array(TOKENS.map(text)),
    'tokenizer.ggml.token_type': array(VOCABULARY.map(([, kind]) => i32(kind))),
    'tokenizer.ggml.scores': array(VOCABULARY.map(([, , score]) => f32(score))),
    'tokenizer.ggml.bos_token_id': u32(0),
    'tokenizer.ggml.unknown_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.add_space_prefix': bool(false),
    ...changes,
  };
  await writeFile(path, tinyGguf({ metadata }));
  return openFile(path);
}

async function openFile(path: string) {
  const model = await openModelFile(path);
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

/** The algorithm of SentencePiece as it is told: of all neighbours the best piece, the leftmost first, until there is none. */
function byScore(whole: string): string[] {
  const parts = Array.from(whole.replaceAll(' ', '▁'));
  for (;;) {
    const ranks = parts.slice(1).map((right, at) => {
      const rank = PIECES.indexOf(`${parts[at]}${right}`);
      return rank < 0 ? Infinity : rank;
    });
    const best = Math.min(Infinity, ...ranks);
    if (best === Infinity) return parts;
    const at = ranks.indexOf(best);
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`);
  }
}

describe('a vocabulary of pieces', () => {
  it('splits a text as SentencePiece does', async () => {
    const tokenizer = await openTokenizer();
    const letters = fc.array(fc.constantFrom('a', 'b', ' ', 'é'), { maxLength: 20 });
    fc.assert(
      fc.property(letters, (characters) => {
        const whole = characters.join('');
        expect(tokenizer.encode(whole)).toEqual([0, ...byScore(whole).map(id)]);
        expect(tokenizer.decode(tokenizer.encode(whole))).toBe(whole);
      }),
    );
  });

  it('spells in bytes what no piece covers, and takes tokens of its own as they are written', async () => {
    const tokenizer = await openTokenizer();
    expect(tokenizer.encode('a€')).toEqual([0, ...['a', '<0xE2>', '<0x82>', '<0xAC>'].map(id)]);
    expect([...tokenizer.bytes(id('<0x82>'))]).toEqual([0x82]);
    expect(tokenizer.encode('a\n\nb<end_of_turn>')).toEqual([0, id('a'), 3, id('b'), 2]);
    expect(tokenizer.decode([0, id('▁ab'), 3, id('b'), 2])).toBe(' ab\n\nb');
    expect([...tokenizer.endTokens]).toEqual([2]);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (whole) => {
        // The mark of a space is one of its characters, and comes back as a space.
        const expected = whole.replaceAll('▁', ' ');
        expect(tokenizer.decode(tokenizer.encode(whole))).toBe(expected);
      }),
    );
  });

  it('is the same from the files beside safetensors', async () => {
    const json = tinyJson();
    const merges = mergesOf(new Map(PIECES.map((piece, rank) => [piece, -rank])));
    json.tokenizer['added_tokens'] = [0, 1, 2, 3].map((token) => ({
      id: token,
      content: TOKENS[token],
      special: token < 3,
    }));
    json.tokenizer['normalizer'] = PIECE_NORMALIZER;
    json.tokenizer['pre_tokenizer'] = {
      type: 'Split',
      pattern: { String: ' ' },
      behavior: 'MergedWithPrevious',
      invert: false,
    };
    const vocab = Object.fromEntries(TOKENS.map((token, at) => [token, at]));
    json.tokenizer['model'] = { type: 'BPE', unk_token: '<unk>', byte_fallback: true, vocab, merges };
    json.tokenizer['decoder'] = null;
    json.tokenizerConfig = { bos_token: '<bos>', eos_token: '<end_of_turn>' };
    const single = [{ SpecialToken: { id: '<bos>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
    json.tokenizer['post_processor'] = { type: 'TemplateProcessing', single, pair: single };
    await writeTinyDirectory(join(directory.path, 'tiny'), json);
    const tokenizer = await openFile(join(directory.path, 'tiny'));
    const same = await openTokenizer();
    for (const whole of ['ab  bab é\n\n€', '', ' a'])
      expect(tokenizer.encode(whole)).toEqual(same.encode(whole));
    expect(tokenizer.decode([0, id('▁ab'), id('<0xC3>'), id('<0xA9>'), 2])).toBe(' abé');
  });

  it.each<[string, Record<string, GgufValue>, string]>([
    ['without scores', { 'tokenizer.ggml.scores': text('none') }, 'corrupt-model'],
    ['with too few scores', { 'tokenizer.ggml.scores': array([f32(0)]) }, 'corrupt-model'],
    [
      'with a score that is no number',
      { 'tokenizer.ggml.scores': array(TOKENS.map(() => f32(NaN))) },
      'corrupt-model',
    ],
    ['of another kind', { 'tokenizer.ggml.model': text('bert') }, 'unsupported-model'],
  ])('%s is refused', async (_, changes, code) => {
    await expect(openTokenizer(changes)).rejects.toThrow(expect.objectContaining({ code }));
  });
});
