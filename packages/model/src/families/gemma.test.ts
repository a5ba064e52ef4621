import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { array, bool, f32, text, u32, type GgufTensor, type GgufValue } from '../testing/gguf-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { TOKENS, tinyGguf, tinyJson, tinySafetensors, tinyTensors } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { describeArchitecture } from '../compile/families.js';

const directory = useTemporaryDirectory();
const code = (expected: string) => expect.objectContaining({ code: expected });
const [WIDTH, HEADS, KEY_VALUE_HEADS, HEAD_WIDTH, LAYERS] = [32, 4, 2, 8, 2];

async function describeFile(path: string) {
  const model = await openModelFile(path);
  try {
    return await describeArchitecture(model);
  } finally {
    await model.close();
  }
}

/** A llama with the norms of Gemma, whose weights are 0. */
function tensors(): GgufTensor[] {
  const norms = [
    ['attn_q_norm', HEAD_WIDTH],
    ['attn_k_norm', HEAD_WIDTH],
    ['post_attention_norm', WIDTH],
    ['post_ffw_norm', WIDTH],
  ] as const;
  const more = Array.from({ length: LAYERS }, (_, layer) =>
    norms.map(([name, size]) => ({
      name: `blk.${layer}.${name}.weight`,
      shape: [size],
      type: 0,
      data: new Uint8Array(size * 4),
    })),
  );
  return [...tinyTensors(), ...more.flat()];
}

async function fromGguf(changes: Readonly<Record<string, GgufValue>> = {}, all = tensors()) {
  const metadata = {
    'general.architecture': text('gemma3'),
    'gemma3.block_count': u32(LAYERS),
    'gemma3.context_length': u32(64),
    'gemma3.embedding_length': u32(WIDTH),
    'gemma3.feed_forward_length': u32(64),
    'gemma3.attention.head_count': u32(HEADS),
    'gemma3.attention.head_count_kv': u32(KEY_VALUE_HEADS),
    'gemma3.attention.key_length': u32(HEAD_WIDTH),
    'gemma3.attention.layer_norm_rms_epsilon': f32(1e-6),
    'gemma3.attention.sliding_window': u32(8),
    'gemma3.rope.freq_base': f32(1e6),
    'tokenizer.ggml.tokens': array(TOKENS.map(text)),
    ...changes,
  };
  await writeFile(join(directory.path, 'gemma.gguf'), tinyGguf({ metadata, tensors: all }));
  return describeFile(join(directory.path, 'gemma.gguf'));
}

async function fromJson(changes: Readonly<Record<string, unknown>>) {
  const path = join(directory.path, 'gemma');
  const config = {
    ...tinyJson().config,
    model_type: 'gemma3_text',
    head_dim: HEAD_WIDTH,
    query_pre_attn_scalar: HEAD_WIDTH,
    sliding_window: 8,
    ...changes,
  };
  const blocks = Array.from({ length: LAYERS }, (_, layer) => `model.layers.${layer}`);
  const norms = blocks.flatMap((block) => [
    [`${block}.pre_feedforward_layernorm.weight`, [WIDTH]] as const,
    [`${block}.post_feedforward_layernorm.weight`, [WIDTH]] as const,
    [`${block}.self_attn.q_norm.weight`, [HEAD_WIDTH]] as const,
    [`${block}.self_attn.k_norm.weight`, [HEAD_WIDTH]] as const,
  ]);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'config.json'), JSON.stringify(config));
  await writeFile(join(path, 'model.safetensors'), tinySafetensors(norms));
  return describeFile(path);
}

// That a checkpoint computes what transformers does is tested where graphs run: backend-onnx/src/families.test.ts.
describe('a Gemma 3', () => {
  it('in GGUF has two bases, a window in five blocks of six, and norms that are whole', async () => {
    const found = await fromGguf();
    expect(found).toMatchObject({ family: 'gemma3', normOffset: 0, activation: 'gelu-tanh', headWidth: 8 });
    expect(found.embeddingScale).toBeCloseTo(Math.sqrt(WIDTH), 12);
    expect(found.rotary?.frequencies[1]).toBeCloseTo(1e6 ** (-2 / 8), 9);
    expect(found.sliding).toMatchObject({ tokens: 8, blocks: [0, 1] });
    expect(found.sliding?.rotary?.frequencies[1]).toBeCloseTo(1e4 ** (-2 / 8), 9);
  });

  it('of older and of newer versions of transformers is the same', async () => {
    const older = await fromJson({ rope_theta: 2e6, rope_local_base_freq: 500 });
    const newer = await fromJson({
      layer_types: ['sliding_attention', 'sliding_attention'],
      rope_parameters: {
        full_attention: { rope_type: 'default', rope_theta: 2e6 },
        sliding_attention: { rope_type: 'default', rope_theta: 500 },
      },
    });
    expect(JSON.stringify(older)).toBe(JSON.stringify(newer));
    expect(older).toMatchObject({ normOffset: 1, sliding: { tokens: 8, blocks: [0, 1] } });
    expect(older.sliding?.rotary?.frequencies[1]).toBeCloseTo(500 ** (-2 / 8), 9);
    const mixed = await fromJson({ layer_types: ['full_attention', 'sliding_attention'] });
    expect(mixed.sliding?.blocks).toEqual([1]);
  });

  it.each<[number, number[]]>([
    [1, []],
    [2, [0]],
    [3, [0, 1]],
  ])('with one block of %i that sees the whole text has windows in blocks %j', async (period, blocks) => {
    expect((await fromJson({ sliding_window_pattern: period })).sliding?.blocks ?? []).toEqual(blocks);
    const key = 'gemma3.attention.sliding_window_pattern';
    expect((await fromGguf({ [key]: u32(period) })).sliding?.blocks ?? []).toEqual(blocks);
    // Kinds come first, as in transformers.
    const kinds = { layer_types: ['full_attention', 'sliding_attention'], sliding_window_pattern: period };
    expect((await fromJson(kinds)).sliding?.blocks).toEqual([1]);
  });

  it('in GGUF may list the blocks with a window, or have one in all, and a base for them', async () => {
    const key = 'gemma3.attention.sliding_window_pattern';
    const listed = await fromGguf({
      [key]: array([bool(false), bool(true)]),
      'gemma3.rope.freq_base_swa': f32(50),
    });
    expect(listed.sliding?.blocks).toEqual([1]);
    expect(listed.sliding?.rotary?.frequencies[1]).toBeCloseTo(50 ** (-2 / 8), 9);
    expect((await fromGguf({ [key]: array([u32(1), u32(0)]) })).sliding?.blocks).toEqual([0]);
    expect((await fromGguf({ [key]: u32(0) })).sliding?.blocks).toEqual([0, 1]);
    await expect(fromGguf({ [key]: array([bool(true)]) })).rejects.toThrow(/of 1 blocks/);
  });

  it('finds bases beside the entries that have none', async () => {
    const found = await fromJson({
      rope_theta: 2e6,
      rope_local_base_freq: 500,
      rope_parameters: { full_attention: { rope_type: 'default' }, rope_type: 'default', rope_theta: null },
      rope_scaling: { rope_type: 'default' },
    });
    expect(found.rotary?.frequencies[1]).toBeCloseTo(2e6 ** (-2 / 8), 12);
    expect(found.sliding?.rotary?.frequencies[1]).toBeCloseTo(500 ** (-2 / 8), 9);
  });

  it.each<[string, Record<string, unknown>]>([
    ['blocks of another kind', { layer_types: ['chunked_attention', 'full_attention'] }],
    ['a pattern that transformers does not read', { _sliding_window_pattern: 2 }],
    ['positions scaled for all blocks', { rope_parameters: { rope_type: 'linear', factor: 8 } }],
    ['one base for all blocks', { rope_parameters: { rope_theta: 77 } }],
    ['a part of a head turned', { rope_parameters: { full_attention: { partial_rotary_factor: 0.5 } } }],
    ['attention to both sides', { use_bidirectional_attention: true }],
    ['biases', { attention_bias: true }],
    ['quantised weights', { quantization_config: { quant_method: 'fp8' } }],
  ])('with %s is refused, too', async (_, changes) => {
    await expect(fromJson(changes)).rejects.toThrow(code('unsupported-model'));
  });

  it.each<[string, Record<string, unknown>]>([
    ['kinds for another number of blocks', { layer_types: ['full_attention'] }],
    ['kinds that are no list', { layer_types: 'full_attention' }],
    ['a pattern of no size', { sliding_window_pattern: 0 }],
    ['bases that are no entries', { rope_parameters: [1] }],
  ])('with %s is refused as damaged', async (_, changes) => {
    await expect(fromJson(changes)).rejects.toThrow(code('corrupt-model'));
  });

  it.each<[string, Record<string, GgufValue>]>([
    ['queries of another scale', { 'gemma3.attention.scale': f32(0.25) }],
    ['a part of a head turned', { 'gemma3.rope.dimension_count': u32(4) }],
    ['values of another width', { 'gemma3.attention.value_length': u32(16) }],
    ['capped logits', { 'gemma3.final_logit_softcapping': f32(30) }],
  ])('in GGUF with %s is refused', async (_, changes) => {
    await expect(fromGguf(changes)).rejects.toThrow(code('unsupported-model'));
  });

  it('of the 27B scales its queries by the width that a head would share, in GGUF without saying so', async () => {
    const norms = tensors().flatMap((each) => {
      const block = /^blk\.0\.(.*)/.exec(each.name)?.[1];
      if (block === undefined) return each.name.startsWith('blk.1.') ? [] : [each];
      return Array.from({ length: 62 }, (_, index) => ({ ...each, name: `blk.${index}.${block}` }));
    });
    const sizes = { 'gemma3.block_count': u32(62), 'gemma3.attention.key_length': u32(8) };
    // Of this width heads are as wide as they would be.
    expect((await fromGguf(sizes, norms)).attention.scale).toBeCloseTo((WIDTH / HEADS) ** -0.5, 12);
    expect((await fromJson({ query_pre_attn_scalar: 4 })).attention.scale).toBe(0.5);
  });

  it('of 4B and more has the positions of blocks that see the whole text scaled', async () => {
    const linear = { rope_type: 'linear', factor: 8 };
    const base = 1e6 ** (-2 / 8);
    const newer = {
      full_attention: { ...linear, rope_theta: 1e6 },
      sliding_attention: { rope_type: 'default' },
    };
    for (const changes of [{ rope_scaling: linear, rope_theta: 1e6 }, { rope_parameters: newer }]) {
      const found = await fromJson(changes);
      expect(found.rotary?.frequencies[1]).toBeCloseTo(base / 8, 12);
      expect(found.sliding?.rotary?.frequencies[1]).toBeCloseTo(1e4 ** (-2 / 8), 12);
    }
    const typed = { 'gemma3.rope.scaling.type': text('linear'), 'gemma3.rope.scaling.factor': f32(8) };
    for (const changes of [typed, { 'gemma3.rope.scaling.factor': f32(8) }]) {
      const found = await fromGguf(changes);
      expect(found.rotary?.frequencies[1]).toBeCloseTo(base / 8, 12);
      expect(found.sliding?.rotary?.frequencies[1]).toBeCloseTo(1e4 ** (-2 / 8), 12);
    }
  });

  it('in GGUF with factors for its positions is refused', async () => {
    const factors = { name: 'rope_freqs.weight', shape: [4], type: 0, data: new Uint8Array(16) };
    await expect(fromGguf({}, [...tensors(), factors])).rejects.toThrow(code('unsupported-model'));
  });

  it.each<[string, Record<string, unknown>]>([
    ['another activation', { hidden_activation: 'relu2' }],
    ['capped logits', { final_logit_softcapping: 30 }],
    ['positions of an unknown scaling', { rope_scaling: { rope_type: 'xpos', factor: 8 } }],
    ['the same by kind', { rope_parameters: { full_attention: { rope_type: 'xpos', factor: 8 } } }],
  ])('with %s is refused', async (_, changes) => {
    await expect(fromJson(changes)).rejects.toThrow(expect.objectContaining({ code: 'unsupported-model' }));
  });

  it('in GGUF with positions of an unknown scaling, or without a norm, is refused', async () => {
    const scaled = { 'gemma3.rope.scaling.type': text('xpos') };
    await expect(fromGguf(scaled)).rejects.toThrow(expect.objectContaining({ code: 'unsupported-model' }));
    const without = tensors().filter(({ name }) => name !== 'blk.1.attn_k_norm.weight');
    await expect(fromGguf({}, without)).rejects.toThrow(expect.objectContaining({ code: 'corrupt-model' }));
  });
});
