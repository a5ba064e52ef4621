import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChatMessage, Tokenizer } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { array, f32, i32, text, u32 } from '../testing/gguf-bytes.js';
import { safetensorsBytes } from '../testing/safetensors-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyGguf, tinyMetadata } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { createTokenizer } from './tokenizer.js';

/** What fixtures/make-real-tokenizers.py writes: the ids come from the Hugging Face tokenizers, the chats from transformers. */
const { texts, chats, tokenizers } = JSON.parse(
  await readFile(new URL('../../fixtures/real-tokenizers.json', import.meta.url), 'utf8'),
) as {
  texts: string[];
  chats: Record<string, ChatMessage[]>;
  tokenizers: Published[];
};

interface Published {
  readonly name: string;
  readonly files: Record<string, string>;
  readonly beginning: number | null;
  readonly texts: string[];
  readonly ids: string[];
  readonly chats: Record<string, { text?: string; error?: string }>;
}

const directory = useTemporaryDirectory();
const MODULES = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));

/** Where a published tokenizer is: one is a development dependency, fixtures/fetch-tokenizers.sh fetches the others. */
const placeOf = (name: string) =>
  name === 'llama2'
    ? join(MODULES, '@lenml', 'tokenizer-llama2', 'models')
    : fileURLToPath(new URL(`../../fixtures/.tokenizers/${name}`, import.meta.url));

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

async function open(from: string, files: Record<string, string>) {
  const place = join(directory.path, 'model');
  await mkdir(place, { recursive: true });
  for (const [file, digest] of Object.entries(files)) {
    expect(sha256(await readFile(join(from, file))), file).toBe(digest);
    await copyFile(join(from, file), join(place, file));
  }
  await writeFile(join(place, 'config.json'), '{"model_type":"llama"}');
  await writeFile(join(place, 'model.safetensors'), safetensorsBytes({}, new Uint8Array()));
  const model = await openModelFile(place);
  try {
    return await createTokenizer(model);
  } finally {
    await model.close();
  }
}

function expectIds(tokenizer: Tokenizer, { texts: own, ids, beginning }: Published): void {
  const all = [...texts, ...own];
  expect(all.length).toBe(ids.length);
  all.forEach((each, at) => {
    const found = tokenizer.encode(each);
    // Where a text spells its beginning, it is not put in front again.
    const digests = [found, found.slice(beginning === null ? 0 : 1)].map((list) =>
      sha256(list.join(',')).slice(0, 12),
    );
    expect(digests, JSON.stringify(each)).toContain(ids[at]);
  });
  expect(tokenizer.encode('')).toEqual(beginning === null ? [] : [beginning]);
}

describe.each(tokenizers)('the published tokenizer $name (needs the published tokenizers)', (published) => {
  const from = placeOf(published.name);

  it.skipIf(!existsSync(from))(
    'gives the ids of the Hugging Face tokenizer, and chats as transformers renders them',
    async () => {
      const tokenizer = await open(from, published.files);
      expectIds(tokenizer, published);
      for (const [what, { text: rendered, error }] of Object.entries(published.chats)) {
        const render = () => tokenizer.renderChat(chats[what]);
        if (rendered === undefined) expect(render, what).toThrow(error);
        else {
          expect(render(), what).toBe(rendered);
          expect(tokenizer.encodeChat?.(chats[what]), what).toEqual(tokenizer.encode(rendered));
        }
      }
    },
    120_000,
  );
});

it('the published tokenizer llama2 is the same in GGUF, where pieces have the scores of SentencePiece', async () => {
  const { model } = JSON.parse(await readFile(join(placeOf('llama2'), 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
  };
  const tokens = Object.entries(model.vocab)
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);
  const [UNKNOWN, CONTROL, BYTE, NORMAL] = [2, 3, 6, 1];
  const kindOf = (id: number) => (id === 0 ? UNKNOWN : id < 3 ? CONTROL : id < 259 ? BYTE : NORMAL);
  // Pieces of spaces alone were added by hand.
  const scoreOf = (token: string, id: number) =>
    /^▁+$/u.test(token) && token !== '▁' ? -1e9 : id < 259 ? 0 : 259 - id;
  const metadata = {
    ...tinyMetadata(),
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.pre': text('default'),
    'tokenizer.ggml.tokens': array(tokens.map(text)),
    'tokenizer.ggml.token_type': array(tokens.map((_, id) => i32(kindOf(id)))),
    'tokenizer.ggml.scores': array(tokens.map((token, id) => f32(scoreOf(token, id)))),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.unknown_token_id': u32(0),
  };
  const path = join(directory.path, 'llama2.gguf');
  await writeFile(path, tinyGguf({ metadata }));
  const file = await openModelFile(path);
  try {
    expectIds(await createTokenizer(file), tokenizers.find(({ name }) => name === 'llama2') as Published);
  } finally {
    await file.close();
  }
});
