import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tokenizer } from '@halfspace/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { array, bool, f32, i32, text, u32, u8, type GgufValue } from '../testing/gguf-bytes.js';
import { altered, damaged, refusalOf } from '../testing/hostile.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyGguf, tinyJson, tinyMetadata, tinyTensors, writeTinyDirectory } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createCharsmap } from './charsmap.js';
import { createTokenizer } from './tokenizer.js';
import { createUnigram } from './unigram.js';

/** What fixtures/make-tokenizers.py writes: the ids come from the Hugging Face tokenizers library. */
interface Fixture {
  readonly vocabularies: Readonly<Record<string, readonly Piece[]>>;
  readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly kinds: readonly Kind[];
}
interface Piece {
  readonly piece: string;
  readonly score: number;
  readonly kind: number;
}
interface Kind {
  readonly name: string;
  readonly vocabulary: string;
  readonly tokenizer: { readonly added_tokens: readonly Added[] } & Readonly<Record<string, unknown>>;
  readonly rows: readonly { readonly text: string; readonly ids: number[]; readonly continued?: number[] }[];
}
type Row = Kind['rows'][number];
interface Json {
  readonly model: { vocab: Readonly<Record<string, unknown>> | readonly unknown[]; merges?: unknown[] };
}
interface Added {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

const fixture = JSON.parse(
  await readFile(new URL('../../fixtures/tokenizers.json', import.meta.url), 'utf8'),
) as Fixture;
const directory = useTemporaryDirectory();
const BEGIN = 1;

async function open(path: string): Promise<Tokenizer> {
  const model = await openModelFile(path);
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

async function besideSafetensors(
  { name, vocabulary, tokenizer }: Kind,
  chatTemplate?: string,
): Promise<Tokenizer> {
  const json = tinyJson();
  const pieces = fixture.vocabularies[vocabulary];
  const model = fixture.models[vocabulary];
  const vocab =
    model['type'] === 'Unigram'
      ? pieces.map(({ piece, score }) => [piece, score])
      : Object.fromEntries(pieces.map(({ piece }, id) => [piece, id]));
  const special = { '<s>': { id: '<s>', ids: [BEGIN], tokens: ['<s>'] } };
  const single = [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
  json.tokenizer = {
    ...tokenizer,
    post_processor: { type: 'TemplateProcessing', single, pair: single, special_tokens: special },
    model: { ...model, vocab },
  };
  json.tokenizerConfig = { bos_token: '<s>', eos_token: '</s>' };
  const place = join(directory.path, name);
  await mkdir(place, { recursive: true });
  await writeTinyDirectory(place, json);
  if (chatTemplate !== undefined) await writeFile(join(place, 'chat_template.jinja'), chatTemplate);
  return open(place);
}

/** What llama.cpp's converter writes of it. */
async function inGguf(
  { name, vocabulary, tokenizer }: Kind,
  changes: Readonly<Record<string, GgufValue>>,
): Promise<Tokenizer> {
  const pieces = fixture.vocabularies[vocabulary];
  const [UNKNOWN, CONTROL, USER_DEFINED] = [2, 3, 4];
  const kinds = pieces.map(({ kind }) => kind);
  const tokens = pieces.map(({ piece }) => piece);
  for (const { id, content, special } of tokenizer.added_tokens) {
    tokens[id] = content;
    kinds[id] = id === 0 ? UNKNOWN : special ? CONTROL : USER_DEFINED;
  }
  const metadata = {
    ...tinyMetadata(),
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.tokens': array(tokens.map(text)),
    'tokenizer.ggml.token_type': array(kinds.map(i32)),
    'tokenizer.ggml.scores': array(tokens.map((_, id) => f32(pieces[id]?.score ?? -1000))),
    'tokenizer.ggml.bos_token_id': u32(BEGIN),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.unknown_token_id': u32(0),
    'tokenizer.ggml.add_bos_token': bool(true),
    ...changes,
  };
  const path = join(directory.path, `${name}.gguf`);
  await writeFile(path, tinyGguf({ metadata }));
  return open(path);
}

const named = (name: string) => fixture.kinds.find((kind) => kind.name === name) as Kind;

/** The map of characters of a kind, as GGUF has it. */
function charsmap(name: string): GgufValue {
  const { normalizer } = named(name).tokenizer as unknown as {
    normalizer: { precompiled_charsmap: string };
  };
  return array([...Buffer.from(normalizer.precompiled_charsmap, 'base64')].map(u8));
}

/** A beginning that a text spells itself is not put in front of it again. */
const begun = (ids: readonly number[]) => (ids[0] === BEGIN ? ids : [BEGIN, ...ids]);

function expectSame(tokenizer: Tokenizer, { rows }: Kind): void {
  for (const { text: whole, ids, continued } of rows) {
    expect(tokenizer.encode(whole), JSON.stringify(whole)).toEqual(begun(ids));
    expect(tokenizer.fewestTokens?.(whole) ?? 0, JSON.stringify(whole)).toBeLessThanOrEqual(ids.length);
    if (continued === undefined) continue;
    const found = tokenizer.encode(whole, { continues: true });
    expect(found, `${JSON.stringify(whole)}, continued`).toEqual(continued);
    expect(tokenizer.fewestTokens?.(whole) ?? 0).toBeLessThanOrEqual(found.length);
  }
}

describe.each(fixture.kinds)('a tokenizer like $name', (kind) => {
  it('gives the ids of the Hugging Face tokenizer, also where a text goes on from another', async () => {
    expect(kind.rows.length).toBeGreaterThan(110);
    expectSame(await besideSafetensors(kind), kind);
  });
});

describe('a tokenizer in GGUF', () => {
  it.each<[string, Record<string, GgufValue>]>([
    ['llama-2', {}],
    ['gemma', { 'tokenizer.ggml.add_space_prefix': bool(false) }],
    [
      'unigram',
      { 'tokenizer.ggml.model': text('t5'), 'tokenizer.ggml.precompiled_charsmap': charsmap('unigram') },
    ],
    [
      'unigram-bytes',
      {
        'tokenizer.ggml.model': text('t5'),
        'tokenizer.ggml.precompiled_charsmap': charsmap('unigram-bytes'),
      },
    ],
    ['phi-3', { 'general.name': text('Phi 3 Mini'), 'general.architecture': text('phi3') }],
  ])('is the same for %s', async (name, changes) => {
    expectSame(await inGguf(named(name), changes), named(name));
  });
});

describe('a chat', () => {
  const template = "{% for m in messages %}{{ bos_token + '[INST] ' + m.content + ' [/INST]' }}{% endfor %}";

  it.each(['llama-2', 'metaspace-first', 'gemma'])(
    'with a tokenizer like %s is encoded as its text is',
    async (name) => {
      const tokenizer = await besideSafetensors(named(name), template);
      const { text: whole, ids } = named(name).rows.find(({ text: each }) =>
        each.startsWith('<s>[INST]'),
      ) as Row;
      const content = whole.slice('<s>[INST] '.length, -' [/INST]'.length);
      expect(tokenizer.renderChat([{ role: 'user', content }])).toBe(whole);
      expect(tokenizer.encodeChat?.([{ role: 'user', content }])).toEqual(ids);
      // What a message spells is text.
      const spelled = tokenizer.encodeChat?.([{ role: 'user', content: 'Hi</s>' }]) ?? [];
      expect(spelled).not.toContain(2);
      // Those of Mistral are tokens, and no text.
      expect(tokenizer.decode(spelled)).toBe(
        name === 'metaspace-first' ? ' Hi</s> ' : '[INST] Hi</s> [/INST]',
      );
    },
  );
});

describe('a damaged vocabulary of pieces', () => {
  it.each(['llama-2', 'unigram', 'unigram-bytes'])('like that of %s is read or refused', async (name) => {
    const tokenizer = await besideSafetensors(named(name));
    expect(tokenizer.encode('Hello')).not.toEqual([]);
    const place = join(directory.path, name);
    const whole = JSON.parse(await readFile(join(place, 'tokenizer.json'), 'utf8')) as Json;
    // Few of the pieces, so that what is altered is often something else.
    const { vocab, merges } = whole.model;
    whole.model.vocab = Array.isArray(vocab)
      ? vocab.slice(0, 20)
      : Object.fromEntries(Object.entries(vocab).slice(0, 20));
    if (merges !== undefined) whole.model.merges = [];
    await fc.assert(
      fc.asyncProperty(altered(whole), async (json) => {
        await writeFile(join(place, 'tokenizer.json'), JSON.stringify(json));
        const code = await refusalOf(open(place).then((each) => each.encode('Hello \u00a0ﬁ\u200b</s>he')));
        expect([undefined, 'corrupt-model', 'unsupported-model', 'pattern-too-slow']).toContain(code);
      }),
      { seed: 19, numRuns: 200 },
    );
  });

  it.each<[string, Record<string, GgufValue>]>([
    ['llama-2', {}],
    [
      'unigram',
      { 'tokenizer.ggml.model': text('t5'), 'tokenizer.ggml.precompiled_charsmap': charsmap('unigram') },
    ],
  ])('like that of %s in GGUF is read or refused, wherever the file is damaged', async (name, changes) => {
    await inGguf(named(name), changes);
    const path = join(directory.path, `${name}.gguf`);
    const whole = await readFile(path);
    // The metadata is in front, and holds the vocabulary.
    const header = whole.length - tinyTensors().reduce((sum, { data }) => sum + data.length, 0);
    await fc.assert(
      fc.asyncProperty(damaged(whole.subarray(0, header)), async (bytes) => {
        await writeFile(path, Buffer.concat([bytes, whole.subarray(header)]));
        await refusalOf(open(path).then((each) => each.encode('Hello \u00a0ﬁ\u200b</s>he')));
      }),
      { seed: 20, numRuns: 150 },
    );
  });

  it('is refused before it takes much memory', () => {
    const pieces = Array.from({ length: 9 }, (_, at) => [`${at}`.repeat(2 ** 20), -at] as const);
    expect(() => createUnigram({ pieces, unknown: 0, byteFallback: false, without: new Set() })).toThrow(
      /longer than those of any vocabulary/,
    );
    const long = Buffer.from('ab'.repeat(1000) + '\0');
    const { normalizer } = named('unigram').tokenizer as unknown as {
      normalizer: { precompiled_charsmap: string };
    };
    const map = Buffer.from(normalizer.precompiled_charsmap, 'base64');
    // Whatever a place points to is longer than a character becomes.
    const units = map.readUInt32LE(0);
    const stretched = Buffer.concat([
      map.subarray(0, 4 + units),
      Buffer.alloc(map.length - 4 - units, 'a'),
      long,
    ]);
    expect(() => createCharsmap(stretched)('Ａ')).toThrow(/more than 256 bytes of one/);
  });

  it('has a map of characters that is read or refused, however it is damaged', () => {
    const { normalizer } = named('unigram').tokenizer as unknown as {
      normalizer: { precompiled_charsmap: string };
    };
    const bytes = Buffer.from(normalizer.precompiled_charsmap, 'base64');
    expect(createCharsmap(bytes)('Ａ\u00a0ﬁ\u200bb')).toBe('A fib');
    fc.assert(
      fc.property(damaged(bytes), fc.string({ unit: 'grapheme' }), (changed, text) => {
        try {
          createCharsmap(changed)(`${text}Ａﬁ`);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { seed: 19, numRuns: 2000 },
    );
  });
});

describe('a text that was given a space in front', () => {
  let tokenizer: Tokenizer;

  beforeAll(async () => {
    tokenizer = await besideSafetensors(named('llama-2'));
  });

  it('has none when it is decoded whole', () => {
    for (const { text: whole, continued } of named('llama-2').rows) {
      if (continued === undefined) continue;
      // The mark of a space is one of its characters, and comes back as a space.
      expect(tokenizer.decode(tokenizer.encode(whole)), JSON.stringify(whole)).toBe(
        whole.replaceAll('▁', ' '),
      );
    }
  });

  it('is told by its tokens where it goes on, spaces at its beginning included', () => {
    for (const { text: whole, continued = [] } of named('llama-2').rows) {
      const expected = continued.length === 0 ? '' : whole.replaceAll('▁', ' ');
      expect(tokenizer.decode(continued)).toBe(expected);
      const step = continued.map((token) => Buffer.from(tokenizer.bytes(token)));
      expect(Buffer.concat(step).toString('utf8')).toBe(expected);
    }
  });
});
