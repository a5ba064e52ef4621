import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered, damaged, refusalOf } from '../testing/hostile.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { writeTinyDirectory } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createTokenizer } from './tokenizer.js';

/** What fixtures/make-tokenizers.py writes: the ids come from tiktoken, which Mistral's programs use. */
const { rows, ...TEKKEN } = (
  JSON.parse(await readFile(new URL('../../fixtures/tokenizers.json', import.meta.url), 'utf8')) as {
    tekken: Tekken & { rows: { text: string; ids: number[] }[] };
  }
).tekken;
interface Tekken {
  readonly config: Readonly<Record<string, unknown>>;
  readonly vocab: readonly { readonly rank: number; readonly token_bytes: string }[];
  readonly special_tokens?: readonly { readonly rank: number; readonly token_str: string }[];
}

const directory = useTemporaryDirectory();
const place = (name = '') => join(directory.path, 'tiny', name);

async function open(file: unknown = TEKKEN, more: Readonly<Record<string, string>> = {}) {
  await writeTinyDirectory(place());
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])
    await rm(place(name));
  for (const [name, text] of Object.entries({ 'tekken.json': JSON.stringify(file), ...more }))
    await writeFile(place(name), text);
  const model = await openModelFile(place());
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

describe('a directory with a tekken.json alone', () => {
  it('gives the ids of tiktoken', async () => {
    const tokenizer = await open();
    expect(rows.length).toBeGreaterThan(90);
    for (const { text, ids } of rows) {
      const options = { controlTokens: false };
      expect(tokenizer.encode(text, options), JSON.stringify(text)).toEqual([1, ...ids]);
      expect(tokenizer.encode(text, { ...options, continues: true })).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it('has control tokens, by the names that it gives or by those of the first such files', async () => {
    const tokenizer = await open();
    expect(tokenizer.encode('[INST]a</s>').slice(0, 2)).toEqual([1, 3]);
    expect([...tokenizer.endTokens]).toEqual([2]);
    expect(tokenizer.encode('<SPECIAL_21>')).toEqual([1, 21]);
    const special = ['<unk>', '<s>', '</s>', '[A]'].map((token, rank) => ({ rank, token_str: token }));
    expect((await open({ ...TEKKEN, special_tokens: special })).encode('[A]')).toEqual([1, 3]);
  });

  it('talks by a chat template beside it', async () => {
    const template = '{{ bos_token }}[INST]{{ messages[0].content }}[/INST]';
    const tokenizer = await open(TEKKEN, { 'chat_template.jinja': template });
    const chat = tokenizer.encodeChat?.([{ role: 'user', content: '[INST]' }]) ?? [];
    expect(chat.filter((id) => id < 24)).toEqual([1, 3, 4]);
    const none = await open();
    expect(() => none.renderChat([])).toThrow(expect.objectContaining({ code: 'no-chat-template' }));
  });

  it.each<[string, unknown]>([
    ['no pattern', { ...TEKKEN, config: { ...TEKKEN.config, pattern: 5 } }],
    ['more control tokens than tokens', { ...TEKKEN, config: { ...TEKKEN.config, default_vocab_size: 3 } }],
    [
      'control tokens beyond memory',
      { ...TEKKEN, config: { ...TEKKEN.config, default_vocab_size: 4e9, default_num_special_tokens: 4e9 } },
    ],
    ['fewer tokens than it says', { ...TEKKEN, vocab: TEKKEN.vocab.slice(1) }],
    ['a token twice', { ...TEKKEN, vocab: TEKKEN.vocab.map((each) => ({ ...each, token_bytes: 'AA==' })) }],
    ['a control token beyond counting', { ...TEKKEN, special_tokens: [{ rank: 4e9, token_str: 'a' }] }],
  ])('is refused with %s', async (_, file) => {
    await expect(open(file)).rejects.toThrow(expect.objectContaining({ code: 'corrupt-model' }));
  });

  it('works or is refused, whatever stands in it, however it is damaged', async () => {
    const few = {
      ...TEKKEN,
      config: { ...TEKKEN.config, default_vocab_size: 34 },
      vocab: TEKKEN.vocab.slice(0, 10),
    };
    const use = async (file: Promise<Awaited<ReturnType<typeof open>>>) =>
      refusalOf(file.then((each) => each.encode('\u0000a b')));
    await fc.assert(
      fc.asyncProperty(altered(few), async (file) => {
        expect([undefined, 'corrupt-model', 'pattern-too-slow']).toContain(await use(open(file)));
      }),
      { seed: 5, numRuns: 150 },
    );
    const whole = Buffer.from(JSON.stringify(few));
    await fc.assert(
      fc.asyncProperty(damaged(whole), async (bytes) => {
        await use(open(few, { 'tekken.json': bytes.toString('utf8') }));
      }),
      { seed: 6, numRuns: 100 },
    );
  });
});

it('a directory with a tokenizer.model alone is refused with advice', async () => {
  await writeTinyDirectory(place());
  await rm(place('tokenizer.json'));
  await writeFile(place('tokenizer.model'), '');
  const model = await openModelFile(place());
  await expect(createTokenizer(model)).rejects.toThrow(/save_pretrained/);
  await model.close();
});
