import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Architecture } from '../compile/architecture.js';
import { describeArchitecture } from '../compile/families.js';
import { safetensorsBytes } from '../testing/safetensors-bytes.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { openModelFile } from '../weights.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/families/', import.meta.url));
const directory = useTemporaryDirectory();
const code = (expected: string) => expect.objectContaining({ code: expected });

/** What a checkpoint of the fixtures is with changes to its config.json; undefined takes a key away. */
async function describeWith(name: string, changes: Readonly<Record<string, unknown>>): Promise<Architecture> {
  const path = join(directory.path, name);
  await cp(join(FIXTURES, name), path, { recursive: true });
  const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as object;
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, ...changes }));
  const model = await openModelFile(path);
  try {
    return await describeArchitecture(model);
  } finally {
    await model.close();
  }
}

// A family that almost fits would compute something else: each of these is refused, and none is approximated.
describe('a model that is almost of its family is refused', () => {
  it.each<[name: string, what: string, changes: Record<string, unknown>]>([
    ['mistral-window', 'biases', { attention_bias: true }],
    ['mistral-window', 'a part of a head turned', { rope_parameters: { partial_rotary_factor: 0.5 } }],
    ['ministral', 'blocks of another kind', { layer_types: Array(4).fill('chunked_attention') }],
    ['qwen2-tied', 'another activation', { hidden_act: 'xielu' }],
    ['qwen3-tied', 'experts', { num_experts: 4 }],
    ['gemma', 'attention to both sides', { use_bidirectional_attention: true }],
    ['gemma2', 'a cross attention', { add_cross_attention: true }],
    ['gemma3', 'capped scores', { attn_logit_softcapping: 50 }],
    ['gpt2', 'scores that are not scaled', { scale_attn_weights: false }],
    ['gpt2', 'scores scaled by block', { scale_attn_by_inverse_layer_idx: true }],
    ['phi2', 'norms of heads', { qk_layernorm: true }],
    ['phi3', 'an unknown scaling', { rope_parameters: { rope_type: 'xpos', rope_theta: 5 } }],
    ['olmo', 'a scaled embedding', { embedding_multiplier: 12 }],
    ['olmo3', 'one scaling for all blocks', { rope_parameters: { rope_type: 'linear', factor: 2 } }],
    ['cohere', 'norms of heads', { use_qk_norm: true }],
    ['cohere2', 'no window', { sliding_window: null }],
    ['gpt-neox', 'quantised weights', { quantization_config: { quant_method: 'awq' } }],
    ['opt', 'norms after blocks', { do_layer_norm_before: false }],
    ['opt', 'an embedding of another width', { word_embed_proj_dim: 16 }],
    ['opt', 'no biases', { enable_bias: false }],
    ['stablelm', 'norms of heads', { qk_layernorm: true }],
    ['exaone4', 'scaled logits', { logit_scale: 2 }],
  ])('%s with %s', async (name, _, changes) => {
    await expect(describeWith(name, {})).resolves.toMatchObject({ vocabulary: 64 });
    await expect(describeWith(name, changes)).rejects.toThrow(code('unsupported-model'));
  });

  it.each<[name: string, what: string, changes: Record<string, unknown>]>([
    ['qwen2-tied', 'another width of heads', { head_dim: 16 }],
    ['qwen3-untied', 'no biases, where its file has some', { attention_bias: 'no' }],
    ['smollm3', 'turned blocks for another number of blocks', { no_rope_layers: [1, 0] }],
    ['phi3-longrope', 'factors for another number of pairs', { num_attention_heads: 2 }],
    ['gpt-j', 'an odd number of turned numbers', { rotary_dim: 7 }],
    ['gpt-neox', 'more turned than a head has', { rope_parameters: { partial_rotary_factor: 2 } }],
    ['stablelm', 'a norm missing', { use_parallel_residual: 'no' }],
  ])('%s with %s, as damaged', async (name, _, changes) => {
    await expect(describeWith(name, changes)).rejects.toThrow(code('corrupt-model'));
  });

  it('and one with a tensor that it should not have', async () => {
    await expect(describeWith('qwen3-untied', { attention_bias: false })).rejects.toThrow(
      /self_attn\..*\.bias, for which/,
    );
    await expect(describeWith('stablelm', { use_parallel_residual: true })).rejects.toThrow(/layernorm/);
  });
});

describe('positions whose scaling depends on the length of a text', () => {
  it('hold for the context that the model was trained at', async () => {
    const short = await describeWith('phi3-longrope', {});
    expect(short.contextLength).toBe(32);
    expect(short.rotary?.scale).toBeCloseTo(Math.sqrt(1 + Math.log(2) / Math.log(32)), 12);
    expect((await describeWith('llama-dynamic', {})).contextLength).toBe(64);
  });
});

describe('a Gemma 3 that reads images', () => {
  const embeddingOf = ({ weights }: Architecture) =>
    weights.model.find(({ role }) => role === 'embedding.weight')?.name;

  it('has its tensors under the names of newer and of published files', async () => {
    const published = await describeWith('gemma3-images', {});
    expect(embeddingOf(published)).toBe('language_model.model.embed_tokens.weight');
    const path = join(directory.path, 'newer');
    await cp(join(FIXTURES, 'gemma3-images'), path, { recursive: true });
    const file = await readFile(join(path, 'model.safetensors'));
    const end = 8 + Number(file.readBigUInt64LE());
    const header = file
      .subarray(8, end)
      .toString()
      .replaceAll('language_model.model.', 'model.language_model.')
      .replaceAll(/"(vision_tower|multi_modal_projector)/g, '"model.$1');
    const bytes = safetensorsBytes(JSON.parse(header), file.subarray(end));
    await writeFile(join(path, 'model.safetensors'), bytes);
    const model = await openModelFile(path);
    const newer = await describeArchitecture(model);
    await model.close();
    expect(embeddingOf(newer)).toBe('model.language_model.embed_tokens.weight');
    expect(newer.attention).toEqual(published.attention);
  });

  it('has what config.json leaves out as transformers has it', async () => {
    // Of other sizes than those of its tensors, which is what is told of.
    await expect(describeWith('gemma3-images', { text_config: undefined })).rejects.toThrow(/26 blocks|\[/);
  });
});
