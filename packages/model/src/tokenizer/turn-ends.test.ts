import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { array, i32, text, u32, type GgufValue } from '../testing/gguf-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import {
  BEGIN,
  END,
  MERGES,
  TOKENS,
  tinyGguf,
  tinyJson,
  tinyMetadata,
  tinyTensors,
  writeTinyDirectory,
} from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createTokenizer } from './tokenizer.js';

const [NORMAL, CONTROL, USER_DEFINED] = [1, 3, 4];
const directory = useTemporaryDirectory();
const id = (token: string) => TOKENS.indexOf(token);

async function openTokenizer(path: string) {
  const model = await openModelFile(path);
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

/** A GGUF file in which the token `[` is another one, of some kind, and nothing else ends a text. */
async function inGguf(token: string, kind: number, changes: Readonly<Record<string, GgufValue>> = {}) {
  const tokens = TOKENS.map((each, at) => (at === id('[') ? token : at === END ? '<|other|>' : each));
  const kinds = tokens.map((_, at) =>
    i32(at === id('[') ? kind : at === BEGIN || at === END ? CONTROL : NORMAL),
  );
  const { 'tokenizer.ggml.eos_token_id': _, ...metadata } = tinyMetadata();
  const path = join(directory.path, 'tiny.gguf');
  const named = {
    'tokenizer.ggml.tokens': array(tokens.map(text)),
    'tokenizer.ggml.token_type': array(kinds),
    ...changes,
  };
  await writeFile(path, tinyGguf({ metadata: { ...metadata, ...named }, tensors: tinyTensors() }));
  return openTokenizer(path);
}

describe('the ends of turns in GGUF', () => {
  it.each(['eos', 'eot', 'eom'])('are what %s_token_id names', async (key) => {
    const tokenizer = await inGguf('[', NORMAL, { [`tokenizer.ggml.${key}_token_id`]: u32(id('he')) });
    expect([...tokenizer.endTokens]).toEqual([id('he')]);
    // A word that also ends texts is a word where it is read.
    expect(tokenizer.encode('he', { controlTokens: false })).toEqual([id('he')]);
    expect(tokenizer.decode([id('he')])).toBe('he');
  });

  it('are all that are listed', async () => {
    const tokenizer = await inGguf('[', NORMAL, {
      'tokenizer.ggml.eos_token_ids': array([u32(END), u32(id('he'))]),
    });
    expect([...tokenizer.endTokens]).toEqual([END, id('he')]);
  });

  it.each([
    '<|im_end|>',
    '<|eot_id|>',
    '<|end|>',
    '<end_of_turn>',
    '<|endoftext|>',
    '<|end_of_text|>',
    '<|eom_id|>',
  ])('are known by the name %s, whatever kind the file says they are', async (name) => {
    for (const kind of [NORMAL, CONTROL, USER_DEFINED]) {
      const tokenizer = await inGguf(name, kind);
      expect([...tokenizer.endTokens], `kind ${kind}`).toEqual([id('[')]);
      expect(tokenizer.encode(`a${name}b`), `kind ${kind}`).toEqual([id('a'), id('['), id('b')]);
      expect(tokenizer.decode([id('a'), id('['), id('b')])).toBe('ab');
      const spelled = tokenizer.encode(name, { controlTokens: false });
      expect(spelled).not.toContain(id('['));
      expect(tokenizer.decode(spelled)).toBe(name);
    }
  });

  it('are not known by a name that is text', async () => {
    const tag = '</s>';
    expect([...(await inGguf(tag, CONTROL)).endTokens]).toEqual([id('[')]);
    for (const kind of [NORMAL, USER_DEFINED])
      expect([...(await inGguf(tag, kind)).endTokens], `kind ${kind}`).toEqual([]);
    const bar = ['< |', '<| e', '<|e n', '<|en d', '<|end |', '<|end| >'];
    const made = ['<|', '<|e', '<|en', '<|end', '<|end|'];
    const tokens = TOKENS.map((each, at) =>
      at === id('[') ? '<|end|>' : at === END ? '<|other|>' : (made[at] ?? each),
    );
    const merges = bar.filter((pair) => pair.split(' ').every((part) => tokens.includes(part)));
    // Of a vocabulary that puts it together, as it does words, it is one.
    const merged = await inGguf('<|end|>', NORMAL, {
      'tokenizer.ggml.tokens': array([...tokens].map(text)),
      'tokenizer.ggml.merges': array([...MERGES, ...merges].map(text)),
    });
    expect(merges).toContain('<|end| >');
    expect([...merged.endTokens]).toEqual([]);
  });

  it('are no ends of messages of which several make a turn', async () => {
    const tokens = TOKENS.map(
      (each, at) => ({ [id('[')]: '<|end|>', [id(']')]: '<|return|>', [END]: '<|call|>' })[at] ?? each,
    );
    const tokenizer = await inGguf('<|end|>', CONTROL, { 'tokenizer.ggml.tokens': array(tokens.map(text)) });
    expect([...tokenizer.endTokens].sort((a, b) => a - b)).toEqual([id(']'), END]);
  });
});

describe('the ends of turns beside safetensors', () => {
  async function beside(change: (json: ReturnType<typeof tinyJson>) => void, generation?: unknown) {
    const json = tinyJson();
    json.tokenizerConfig['eos_token'] = null;
    (json.tokenizer['added_tokens'] as { special: boolean; content: string }[])[1].content = '<|other|>';
    change(json);
    const place = join(directory.path, 'tiny');
    await writeTinyDirectory(place, json);
    if (generation !== undefined)
      await writeFile(join(place, 'generation_config.json'), JSON.stringify(generation));
    return openTokenizer(place);
  }
  const ends = async (...from: Parameters<typeof beside>) =>
    [...(await beside(...from)).endTokens].sort((a, b) => a - b);

  it.each<[string, unknown, unknown, number[]]>([
    ['a number of config.json', END, undefined, [END]],
    ['a list of config.json', [END, 3], undefined, [3, END]],
    ['a number of generation_config.json', undefined, { eos_token_id: 4 }, [4]],
    ['both', [END, 3], { eos_token_id: [3, 4] }, [3, 4, END]],
    ['no token that there is', [-1, 5, TOKENS.length], { eos_token_id: null }, [5]],
  ])('are %s', async (_, config, generation, expected) => {
    const found = await ends((json) => void (json.config['eos_token_id'] = config), generation);
    expect(found).toEqual(expected);
  });

  it('are refused where they are no numbers', async () => {
    await expect(ends(() => undefined, { eos_token_id: ['</s>'] })).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt-model' }),
    );
  });

  it('are what tokenizer_config.json names, and names that are known though marked as text', async () => {
    expect(await ends(({ tokenizerConfig }) => void (tokenizerConfig['eos_token'] = 'he'))).toEqual([
      id('he'),
    ]);
    const tokenizer = await beside(({ tokenizer: { added_tokens: added } }) => {
      (added as unknown[])[1] = { id: END, content: '<|im_end|>', special: false };
    });
    expect([...tokenizer.endTokens]).toEqual([END]);
    expect(tokenizer.encode('<|im_end|>', { controlTokens: false })).not.toContain(END);
  });
});
