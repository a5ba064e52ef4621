import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { array, bool, f32, text, u32, u64, type GgufTensor, type GgufValue } from '../testing/gguf-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import {
  TOKENS,
  tinyGguf,
  tinyJson,
  tinyMetadata,
  tinySafetensors,
  tinyTensors,
  writeTinyDirectory,
} from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { describeArchitecture } from './families.js';
import { CONFIG_NEUTRAL, GGUF_NEUTRAL } from './neutral-keys.js';

const directory = useTemporaryDirectory();
const code = (expected: string) => expect.objectContaining({ code: expected });

async function describeFile(path: string): Promise<Architecture> {
  const model = await openModelFile(path);
  try {
    return await describeArchitecture(model);
  } finally {
    await model.close();
  }
}

async function describeGguf(
  changes: Readonly<Record<string, GgufValue>> = {},
  tensors: readonly GgufTensor[] = tinyTensors(),
): Promise<Architecture> {
  const path = join(directory.path, 'tiny.gguf');
  await writeFile(path, tinyGguf({ metadata: { ...tinyMetadata(), ...changes }, tensors: [...tensors] }));
  return describeFile(path);
}

async function describeJson(changes: Readonly<Record<string, unknown>> = {}): Promise<Architecture> {
  const json = tinyJson();
  Object.assign(json.config, changes);
  await writeTinyDirectory(join(directory.path, 'tiny'), json);
  return describeFile(join(directory.path, 'tiny'));
}

const factors = (values: readonly number[]): GgufTensor => ({
  name: 'rope_freqs.weight',
  shape: [values.length],
  type: 0,
  data: new Uint8Array(Float32Array.from(values).buffer),
});

/** The tensor as it would be with heads that are so many times as wide. */
function widen(tensor: GgufTensor, times: number): GgufTensor {
  const { name, shape, data } = tensor;
  const grown = /attn_[qkv]\./.test(name) ? 0 : /attn_output/.test(name) ? 1 : undefined;
  if (grown === undefined) return tensor;
  return {
    ...tensor,
    shape: shape.map((size, index) => (index === grown ? size * times : size)),
    data: Buffer.concat(Array.from({ length: times }, () => data)),
  };
}

const frequenciesOf = ({ rotary }: Architecture) => [...(rotary?.frequencies ?? [])];

describe('the architecture', () => {
  const sizes = {
    family: 'llama',
    layers: 2,
    width: 32,
    heads: 4,
    keyValueHeads: 2,
    headWidth: 8,
    feedForward: 64,
    vocabulary: 100,
    contextLength: 16,
  };

  it('is read from GGUF and from config.json', async () => {
    const [gguf, json] = [await describeGguf(), await describeJson()];
    expect(gguf).toMatchObject({ ...sizes, rotary: { interleaved: true } });
    expect(json).toMatchObject({ ...sizes, rotary: { interleaved: false } });
    expect(gguf.normEpsilon).toBeCloseTo(json.normEpsilon, 10);
    expect(frequenciesOf(gguf)).toEqual([1, 0.1, 0.01, 0.001]);
    expect(frequenciesOf(gguf)).toEqual(frequenciesOf(json));
  });

  it('has the scaling of its rotary positions', async () => {
    const linear = { 'llama.rope.scaling.type': text('linear'), 'llama.rope.scaling.factor': f32(4) };
    expect(frequenciesOf(await describeGguf(linear))).toEqual([0.25, 0.025, 0.0025, 0.00025]);
    const scaled = await describeGguf({}, [...tinyTensors(), factors([1, 2, 4, 8])]);
    expect(frequenciesOf(scaled)).toEqual([1, 0.05, 0.0025, 0.000125]);
    const inJson = await describeJson({ rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 1 } });
    expect(frequenciesOf(inJson)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it.each<[string, Record<string, GgufValue>]>([
    ['another family', { 'general.architecture': text('none') }],
    ['a family that is no text', { 'general.architecture': u64(2n ** 63n) }],
    ['an unknown scaling', { 'llama.rope.scaling.type': text('xpos') }],
    ['a scaling that is no text', { 'llama.rope.scaling.type': u64(2n ** 63n) }],
    [
      'rotary positions for a part of a head',
      { 'llama.rope.dimension_count': u32(4), 'llama.attention.key_length': u32(8) },
    ],
  ])('is not guessed from GGUF with %s', async (_, changes) => {
    await expect(describeGguf(changes)).rejects.toThrow(code('unsupported-model'));
  });

  it.each(['mamba', 'jamba', 'falcon_h1', 'qwen3_next', 'granitemoehybrid', 'lfm2'])(
    'is refused with words for it where the model is recurrent (%s)',
    async (family) => {
      const refused = describeJson({ model_type: family });
      await expect(refused).rejects.toThrow(code('unsupported-model'));
      await expect(refused).rejects.toThrow(/state-space or hybrid model/);
    },
  );

  it('is refused in GGUF with words for it where the model is recurrent', async () => {
    const refused = describeGguf({ 'general.architecture': text('falcon-h1') });
    await expect(refused).rejects.toThrow(/'falcon-h1', a state-space or hybrid model/);
  });

  it('is refused with tables of positions that no memory holds', async () => {
    const most = await describeGguf({ 'llama.context_length': u32(2 ** 24) });
    expect(most.contextLength).toBe(2 ** 24);
    const tensors = tinyTensors().map((each) => widen(each, 4));
    const wide = { 'llama.context_length': u32(2 ** 24), 'llama.attention.key_length': u32(32) };
    const refused = describeGguf(wide, tensors);
    await expect(refused).rejects.toThrow(code('unsupported-model'));
    await expect(refused).rejects.toThrow(/up to 4194304 tokens/);
  });

  it.each<[string, Record<string, GgufValue>]>([
    ['no blocks', { 'llama.block_count': u32(0) }],
    ['more blocks than tensors', { 'llama.block_count': u32(2 ** 24) }],
    ['a block too many', { 'llama.block_count': u32(3) }],
    ['a huge size', { 'llama.attention.key_length': u32(2 ** 32 - 1) }],
    ['a size that no number holds', { 'llama.embedding_length': u64(2n ** 63n) }],
    ['a size that is a text', { 'llama.embedding_length': text('32') }],
    ['a size that is a list', { 'llama.attention.head_count': array([u32(4), u32(4)]) }],
    ['a size with a fraction', { 'llama.feed_forward_length': f32(64.5) }],
    ['heads that share unevenly', { 'llama.attention.head_count_kv': u32(3) }],
    ['heads that divide the width unevenly', { 'llama.attention.head_count': u32(3) }],
    ['heads of another width', { 'llama.attention.key_length': u32(16) }],
    ['another width', { 'llama.embedding_length': u32(64) }],
    ['NaN for a number', { 'llama.attention.layer_norm_rms_epsilon': f32(NaN) }],
    ['a base of no size', { 'llama.rope.freq_base': f32(0) }],
    ['a scaling without a factor', { 'llama.rope.scaling.type': text('linear') }],
  ])('is refused with %s', async (_, changes) => {
    await expect(describeGguf(changes)).rejects.toThrow(code('corrupt-model'));
  });

  it.each<[string, readonly GgufTensor[]]>([
    ['too few factors', [...tinyTensors(), factors([1, 2])]],
    ['a factor of zero', [...tinyTensors(), factors([1, 0, 1, 1])]],
    ['a tensor missing', tinyTensors().filter(({ name }) => name !== 'blk.1.ffn_up.weight')],
    [
      'a tensor of another shape',
      tinyTensors().map((each) =>
        each.name.includes('1.ffn_up') ? { ...each, shape: [...each.shape].reverse() } : each,
      ),
    ],
  ])('is refused with %s', async (_, tensors) => {
    await expect(describeGguf({}, tensors)).rejects.toThrow(code('corrupt-model'));
  });

  it('is refused when the model has more than it says', async () => {
    const norm = { name: 'blk.0.attn_q_norm.weight', shape: [8], type: 0, data: new Uint8Array(32) };
    const refused = describeGguf({}, [...tinyTensors(), norm]);
    await expect(refused).rejects.toThrow(code('unsupported-model'));
    await expect(refused).rejects.toThrow(/blk\.0\.attn_q_norm\.weight/);
    // One block less than there is.
    await expect(describeGguf({ 'llama.block_count': u32(1) })).rejects.toThrow(code('unsupported-model'));
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['unsupported-model', 'another family', { model_type: 'none' }],
    ['unsupported-model', 'no family', { model_type: undefined }],
    ['unsupported-model', 'another activation', { hidden_act: 'relu2' }],
    ['unsupported-model', 'rotary positions for half of a head', { partial_rotary_factor: 0.5 }],
    ['unsupported-model', 'the same, newly put', { rope_parameters: { partial_rotary_factor: 0.5 } }],
    ['unsupported-model', 'an unknown scaling', { rope_scaling: { type: 'xpos', factor: 4 } }],
    ['corrupt-model', 'a scaling that is none', { rope_scaling: 5 }],
    ['corrupt-model', 'a scaling without a factor', { rope_scaling: { type: 'linear' } }],
    [
      'corrupt-model',
      'a scaling to infinity',
      { rope_scaling: { type: 'linear', factor: 1e-305 }, max_position_embeddings: 2 ** 24 },
    ],
    ['corrupt-model', 'a list for a size', { hidden_size: [32] }],
    ['corrupt-model', 'no size', { hidden_size: null }],
    ['corrupt-model', 'a negative size', { hidden_size: -32 }],
    ['corrupt-model', 'another vocabulary', { vocab_size: 99 }],
  ])('gives %s for a config.json with %s', async (expected, _, changes) => {
    await expect(describeJson(changes)).rejects.toThrow(code(expected));
  });

  it('takes a factor for its positions from the older key of GGUF, and without a type', async () => {
    for (const key of ['llama.rope.scaling.factor', 'llama.rope.scale_linear'])
      expect(frequenciesOf(await describeGguf({ [key]: f32(4) })), key).toEqual([
        0.25, 0.025, 0.0025, 0.00025,
      ]);
    const none = { 'llama.rope.scaling.type': text('none'), 'llama.rope.scaling.factor': f32(4) };
    expect((await describeGguf(none)).rotary?.frequencies[0]).toBe(1);
    expect((await describeGguf({ 'llama.rope.scaling.factor': f32(0) })).rotary?.frequencies[0]).toBe(1);
  });

  it('takes rotary positions that are given twice, if they are the same', async () => {
    const linear = { rope_type: 'linear', factor: 2 };
    const twice = { rope_scaling: linear, rope_parameters: { ...linear, rope_theta: 1 }, rope_theta: 1 };
    expect(frequenciesOf(await describeJson(twice))).toEqual([0.5, 0.5, 0.5, 0.5]);
    const empty = await describeJson({ rope_scaling: {}, rope_parameters: { rope_theta: 1 } });
    expect(frequenciesOf(empty)).toEqual([1, 1, 1, 1]);
    const differ = { rope_scaling: linear, rope_parameters: { rope_type: 'default' } };
    await expect(describeJson(differ)).rejects.toThrow(code('corrupt-model'));
    const kinds = { rope_parameters: { full_attention: { rope_theta: 5 } } };
    await expect(describeJson(kinds)).rejects.toThrow(code('unsupported-model'));
  });

  // With each of these a checkpoint would compute something else than its graphs.
  const notLlama = Object.keys(CONFIG_NEUTRAL).filter((key) => !['attention_bias', 'mlp_bias'].includes(key));
  it.each(notLlama)('is refused with a config.json that asks for %s', async (key) => {
    for (const value of [true, 0.25, { '0': 1 }])
      await expect(describeJson({ [key]: value }), JSON.stringify(value)).rejects.toThrow(
        code('unsupported-model'),
      );
    for (const value of [null, ...CONFIG_NEUTRAL[key]])
      await expect(describeJson({ [key]: value }), JSON.stringify(value)).resolves.toMatchObject(sizes);
  });

  it.each(['attention_bias', 'mlp_bias'])('has the biases that %s asks for, or is refused', async (key) => {
    for (const value of [null, false])
      await expect(describeJson({ [key]: value }), String(value)).resolves.toMatchObject(sizes);
    for (const value of [true, 0.25, { '0': 1 }])
      await expect(describeJson({ [key]: value }), JSON.stringify(value)).rejects.toThrow(
        code('corrupt-model'),
      );
  });

  it('in GGUF has the experts that expert_count says, or is refused', async () => {
    await expect(describeGguf({ 'llama.expert_count': u32(0) })).resolves.toMatchObject(sizes);
    const experts = { 'llama.expert_count': u32(4), 'llama.expert_used_count': u32(2) };
    await expect(describeGguf(experts)).rejects.toThrow(/ffn_gate_inp\.weight is missing/);
    for (const count of [1, 5000])
      await expect(describeGguf({ ...experts, 'llama.expert_count': u32(count) })).rejects.toThrow(
        code('unsupported-model'),
      );
  });

  it.each(Object.keys(GGUF_NEUTRAL).filter((key) => key !== 'expert_count'))(
    'is refused with GGUF metadata that asks for %s',
    async (key) => {
      await expect(describeGguf({ [`llama.${key}`]: f32(0.25) })).rejects.toThrow(code('unsupported-model'));
      for (const value of GGUF_NEUTRAL[key]) {
        const written = typeof value === 'boolean' ? bool(value) : f32(Number(value));
        await expect(
          describeGguf({ [`llama.${key}`]: written }),
          JSON.stringify(value),
        ).resolves.toMatchObject(sizes);
      }
    },
  );

  it('is refused with queries of another scale, or values of another width, in GGUF', async () => {
    const own = { 'llama.attention.scale': f32(8 ** -0.5), 'llama.attention.value_length': u32(8) };
    await expect(describeGguf(own)).resolves.toMatchObject(sizes);
    const scaled = { 'llama.attention.scale': f32(0.1) };
    await expect(describeGguf(scaled)).rejects.toThrow(code('unsupported-model'));
    const wide = { 'llama.attention.value_length': u32(16) };
    await expect(describeGguf(wide)).rejects.toThrow(code('unsupported-model'));
  });

  it('is read whatever stands in config.json besides', async () => {
    // What transformers and others write, of all versions, and a key that nobody knows.
    const besides = {
      _name_or_path: 'x',
      _attn_implementation_autoset: true,
      architectures: ['LlamaForCausalLM'],
      attention_bias: false,
      attention_dropout: 0.1,
      auto_map: { AutoModelForCausalLM: 'modeling.Model' },
      bos_token_id: 1,
      cache_implementation: 'hybrid',
      chunk_size_feed_forward: 0,
      dtype: 'bfloat16',
      eos_token_id: [2, 3],
      hidden_activation: 'gelu',
      id2label: { '0': 'LABEL_0' },
      initializer_range: 0.02,
      is_decoder: false,
      is_llama_config: true,
      label2id: { LABEL_0: 0 },
      layer_types: ['full_attention', 'full_attention'],
      mlp_bias: false,
      output_attentions: false,
      output_hidden_states: false,
      pad_token_id: null,
      pretraining_tp: 2,
      problem_type: null,
      return_dict: true,
      rope_interleaved: false,
      rope_scaling: null,
      sliding_window: 8,
      tf_legacy_loss: false,
      torch_dtype: 'float32',
      transformers_version: '4.40.0',
      'transformers.js_config': { kv_cache_dtype: {} },
      unsloth_fixed: true,
      use_bfloat16: false,
      use_cache: true,
      use_sliding_window: false,
    };
    expect(JSON.stringify(await describeJson(besides))).toBe(JSON.stringify(await describeJson()));
  });

  it('has a head of its own when the file does, unless config.json ties it', async () => {
    const path = join(directory.path, 'tiny');
    const heads: [inFile: boolean, tied: boolean, expected: string][] = [
      [false, false, 'model.embed_tokens.weight'],
      [true, false, 'lm_head.weight'],
      [true, true, 'model.embed_tokens.weight'],
    ];
    for (const [inFile, tied, expected] of heads) {
      const json = tinyJson();
      json.config['tie_word_embeddings'] = tied;
      await writeTinyDirectory(path, json);
      const more = inFile ? [['lm_head.weight', [TOKENS.length, 32]] as const] : [];
      await writeFile(join(path, 'model.safetensors'), tinySafetensors(more));
      const { model } = (await describeFile(path)).weights;
      expect(model.find(({ role }) => role === 'head.weight')?.name).toBe(expected);
    }
  });
});
