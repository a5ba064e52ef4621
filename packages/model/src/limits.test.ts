import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileModel } from './compile/compile.js';
import { array, f32, ggufBytes, i32, text, u32, u8, type GgufValue } from './testing/gguf-bytes.js';
import { refusalOf } from './testing/hostile.js';
import { safetensorsBytes } from './testing/safetensors-bytes.js';
import { useTemporaryDirectory } from './testing/temporary.js';
import { bertFiles, writeTinyBert } from './testing/tiny-bert.js';
import { tinyGguf, tinyJson, tinyMetadata, writeTinyDirectory } from './testing/tiny-llama.js';
import { createTextTokenizer } from './tokenizer/text-tokenizer.js';
import { createTokenizer } from './tokenizer/tokenizer.js';
import { openModelFile } from './weights.js';

const directory = useTemporaryDirectory();
const place = (name: string) => join(directory.path, name);

async function use(path: string): Promise<void> {
  const model = await openModelFile(path);
  try {
    await createTokenizer(model);
    await compileModel(model, { precision: 'int8', cache: place('cache') });
  } finally {
    await model.close();
  }
}

/** The code that something is refused with, and how much higher the most memory of this process became. */
async function cost(work: () => Promise<unknown>): Promise<{ code: string | undefined; grown: number }> {
  const before = process.resourceUsage().maxRSS;
  const code = await refusalOf(work());
  return { code, grown: (process.resourceUsage().maxRSS - before) * 1024 };
}

/** A refusal that took less memory than a few times the file. */
async function expectCheap(work: () => Promise<unknown>, expected = 'corrupt-model'): Promise<void> {
  const { code, grown } = await cost(work);
  expect(code).toBe(expected);
  expect(grown).toBeLessThan(2 ** 29);
}

const MEGABYTE = 2 ** 20;
const raw = (type: number, count: number, body: Uint8Array): GgufValue => ({
  type: 9,
  body: Buffer.concat([u32(type).body, array([], count).body.subarray(4), body]),
});

describe('a file that would take far more memory than it has bytes', () => {
  it.each<[string, () => GgufValue]>([
    ['bytes', () => raw(0, 90 * MEGABYTE, Buffer.alloc(90 * MEGABYTE))],
    ['truths', () => raw(7, 90 * MEGABYTE, Buffer.alloc(90 * MEGABYTE))],
    ['empty texts', () => raw(8, 11 * MEGABYTE, Buffer.alloc(88 * MEGABYTE))],
    ['empty lists', () => raw(9, 7 * MEGABYTE, Buffer.alloc(84 * MEGABYTE))],
    [
      'lists of many in all',
      () => array(Array.from({ length: 80 }, () => raw(0, MEGABYTE, Buffer.alloc(MEGABYTE)))),
    ],
  ])('is refused when a GGUF file lists %s', async (_, list) => {
    await writeFile(place('large.gguf'), ggufBytes({ metadata: { list: list() } }));
    await expectCheap(async () => openModelFile(place('large.gguf')));
  });

  it('is refused when a GGUF file has too many keys or tensors', async () => {
    for (const parts of [{ keyCount: 2 ** 21 }, { tensorCount: 2 ** 18 }]) {
      await writeFile(place('many.gguf'), Buffer.concat([ggufBytes(parts), Buffer.alloc(2 ** 26)]));
      await expectCheap(async () => openModelFile(place('many.gguf')));
    }
  });

  it.each([
    ['deep', Buffer.alloc(60 * MEGABYTE, '[')],
    ['wide', Buffer.from(`{"a":[${'[],'.repeat(20 * MEGABYTE)}0]}`)],
    ['of objects', Buffer.from(`[${'{},'.repeat(20 * MEGABYTE)}0]`)],
  ])('is refused when the JSON of a model is %s', async (_, json) => {
    const path = place('tiny');
    await writeTinyDirectory(path);
    await writeFile(join(path, 'model.safetensors'), safetensorsBytes(json, new Uint8Array()));
    await expectCheap(async () => openModelFile(path));
    await writeTinyDirectory(path);
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'config.json']) {
      await writeFile(join(path, name), json);
      await expectCheap(async () => use(path));
    }
  });

  it.each([2 ** 24, 2 ** 24 - 1, 10_000_000])('is refused when it gives a token the id %i', async (id) => {
    const path = place('tiny');
    for (const where of ['vocab', 'added']) {
      const json = tinyJson();
      if (where === 'vocab')
        (json.tokenizer['model'] as { vocab: Record<string, unknown> }).vocab['far'] = id;
      else (json.tokenizer['added_tokens'] as unknown[]).push({ id, content: 'far', special: false });
      await writeTinyDirectory(path, json);
      await expectCheap(async () => use(path));
    }
    const files = bertFiles();
    (files['tokenizer.json'] as { model: { vocab: Record<string, number> } }).model.vocab['far'] = id;
    await writeTinyBert(place('bert'), { files });
    await expectCheap(async () => createTextTokenizer(place('bert'), 6));
  });

  it('has ids left out, all the same', async () => {
    const json = tinyJson();
    (json.tokenizer['added_tokens'] as unknown[]).push({ id: 50_000, content: 'far', special: false });
    await writeTinyDirectory(place('tiny'), json);
    const model = await openModelFile(place('tiny'));
    expect((await createTokenizer(model)).vocabularySize).toBe(50_001);
    await model.close();
  });

  it('is refused when a piece of its vocabulary is longer than any word', async () => {
    const tokens = ['▁', 'a', 'b', 'x'.repeat(2 ** 20)];
    const { 'tokenizer.ggml.merges': _, ...rest } = tinyMetadata();
    const metadata = {
      ...rest,
      'tokenizer.ggml.model': text('llama'),
      'tokenizer.ggml.add_space_prefix': { type: 7, body: u8(0).body },
      'tokenizer.ggml.tokens': array(tokens.map(text)),
      'tokenizer.ggml.token_type': array(tokens.map(() => i32(1))),
      'tokenizer.ggml.scores': array(tokens.map((_token, id) => f32(-id))),
    };
    await writeFile(place('long.gguf'), tinyGguf({ metadata }));
    await expectCheap(async () => use(place('long.gguf')));
  });

  it.each(['llama', 'gemma3_text'])('is refused when a %s claims sixteen million blocks', async (family) => {
    const json = tinyJson();
    Object.assign(json.config, { model_type: family, num_hidden_layers: 2 ** 24, head_dim: 8 });
    Object.assign(json.config, { query_pre_attn_scalar: 8, sliding_window: 8 });
    await writeTinyDirectory(place('tiny'), json);
    await expectCheap(async () => use(place('tiny')));
  });
});

it('a model that claims a context far beyond its size gets tables in proportion', async () => {
  const json = tinyJson();
  json.config['max_position_embeddings'] = 2 ** 24;
  await writeTinyDirectory(place('tiny'), json);
  const model = await openModelFile(place('tiny'));
  const options = { precision: 'int8', cache: place('cache') } as const;
  const { architecture, lower } = await compileModel(model, options);
  await model.close();
  const folder = join(lower, '..');
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 ** 27);
  // A million positions, which take keys and values of a quarter of a gigabyte.
  expect(architecture.contextLength).toBe(2 ** 20);
});
