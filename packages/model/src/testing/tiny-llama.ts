import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { array, f32, ggufBytes, i32, text, u32, type GgufTensor, type GgufValue } from './gguf-bytes.js';
import { safetensorsBytes } from './safetensors-bytes.js';

/** Visible ASCII, the space and the new line as byte-level BPE spells them, two merged tokens, control tokens. */
const PLAIN = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
export const TOKENS = [...PLAIN, 'Ġ', 'Ċ', 'he', 'Ġhe', '<|begin|>', '<|im_end|>'];
export const MERGES = ['h e', 'Ġ he'];
export const BEGIN = TOKENS.indexOf('<|begin|>');
export const END = TOKENS.indexOf('<|im_end|>');
export const CHAT_TEMPLATE =
  '{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}';

const LAYERS = 2;
const WIDTH = 32;
const HEADS = 4;
const KEY_VALUE_HEADS = 2;
const FEED_FORWARD = 64;
const CONTEXT = 16;
const KEYS = (WIDTH / HEADS) * KEY_VALUE_HEADS;

/** Names of the tensors of a block and their shapes: GGUF's, then those of Hugging Face. */
const BLOCK: readonly (readonly [gguf: string, huggingFace: string, ...shape: number[]])[] = [
  ['attn_norm', 'input_layernorm', WIDTH],
  ['attn_q', 'self_attn.q_proj', WIDTH, WIDTH],
  ['attn_k', 'self_attn.k_proj', KEYS, WIDTH],
  ['attn_v', 'self_attn.v_proj', KEYS, WIDTH],
  ['attn_output', 'self_attn.o_proj', WIDTH, WIDTH],
  ['ffn_norm', 'post_attention_layernorm', WIDTH],
  ['ffn_gate', 'mlp.gate_proj', FEED_FORWARD, WIDTH],
  ['ffn_up', 'mlp.up_proj', FEED_FORWARD, WIDTH],
  ['ffn_down', 'mlp.down_proj', WIDTH, FEED_FORWARD],
];

type Named = readonly [name: string, shape: readonly number[]];

function names(naming: 0 | 1): Named[] {
  const blocks = Array.from({ length: LAYERS }, (_, layer) =>
    BLOCK.map(([gguf, huggingFace, ...shape]) => {
      const name = naming === 0 ? `blk.${layer}.${gguf}` : `model.layers.${layer}.${huggingFace}`;
      return [`${name}.weight`, shape] as const;
    }),
  );
  const [embedding, norm] = [
    ['token_embd.weight', 'output_norm.weight'],
    ['model.embed_tokens.weight', 'model.norm.weight'],
  ][naming];
  return [[embedding, [TOKENS.length, WIDTH]], [norm, [WIDTH]], ...blocks.flat()];
}

/** Numbers that look random and are the same every time, between −1 and 1. */
function numbers(count: number, start: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin((start + index) * 12.9898));
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Norms in F32; matrices in Q8_0, with one scale of 1/128 for each block. */
function ggufTensor(name: string, shape: readonly number[], seed: number): GgufTensor {
  const values = numbers(size(shape), seed * 1000);
  if (shape.length === 1) return { name, shape, type: 0, data: new Uint8Array(values.buffer) };
  const data = Buffer.alloc((values.length / 32) * 34);
  values.forEach((value, index) => {
    const block = Math.floor(index / 32) * 34;
    data.writeUInt16LE(0x2000, block);
    data.writeInt8(Math.round(value * 127), block + 2 + (index % 32));
  });
  return { name, shape, type: 8, data };
}

/** The tensors of {@link tinyGguf}, to be changed. */
export function tinyTensors(): GgufTensor[] {
  return names(0).map(([name, shape], index) => ggufTensor(name, shape, index));
}

/** The metadata of {@link tinyGguf}, to be changed. */
export function tinyMetadata(): Record<string, GgufValue> {
  return {
    'general.architecture': text('llama'),
    'llama.block_count': u32(LAYERS),
    'llama.context_length': u32(CONTEXT),
    'llama.embedding_length': u32(WIDTH),
    'llama.feed_forward_length': u32(FEED_FORWARD),
    'llama.attention.head_count': u32(HEADS),
    'llama.attention.head_count_kv': u32(KEY_VALUE_HEADS),
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('smollm'),
    'tokenizer.ggml.tokens': array(TOKENS.map(text)),
    'tokenizer.ggml.token_type': array(TOKENS.map((_, id) => i32(id === BEGIN || id === END ? 3 : 1))),
    'tokenizer.ggml.merges': array(MERGES.map(text)),
    'tokenizer.ggml.bos_token_id': u32(BEGIN),
    'tokenizer.ggml.eos_token_id': u32(END),
    'tokenizer.chat_template': text(CHAT_TEMPLATE),
  };
}

/** A llama of two blocks with a tied head, as a GGUF file of thirty kilobytes. */
export function tinyGguf({ metadata = tinyMetadata(), tensors = tinyTensors() } = {}): Buffer {
  return ggufBytes({ metadata, tensors });
}

/** The JSON files of {@link writeTinyDirectory}, to be changed. */
export function tinyJson() {
  return {
    config: {
      model_type: 'llama',
      hidden_act: 'silu',
      hidden_size: WIDTH,
      intermediate_size: FEED_FORWARD,
      max_position_embeddings: CONTEXT,
      num_attention_heads: HEADS,
      num_hidden_layers: LAYERS,
      num_key_value_heads: KEY_VALUE_HEADS,
      rms_norm_eps: 1e-5,
      rope_theta: 10_000,
      tie_word_embeddings: true,
      vocab_size: TOKENS.length,
    } as Record<string, unknown>,
    tokenizer: {
      added_tokens: [BEGIN, END].map((id) => ({ id, content: TOKENS[id], special: true })) as unknown[],
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      } as unknown,
      post_processor: null as unknown,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        unk_token: null,
        vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])) as Record<string, unknown>,
        merges: MERGES,
      } as Record<string, unknown>,
    } as Record<string, unknown>,
    tokenizerConfig: { bos_token: TOKENS[BEGIN], eos_token: { content: TOKENS[END] } } as Record<
      string,
      unknown
    >,
  };
}

/** Bytes of the safetensors of a llama like {@link tinyGguf}, in float32, and of more tensors. */
export function tinySafetensors(more: readonly Named[] = []): Buffer {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  [...names(1), ...more].forEach(([name, shape], index) => {
    const data = new Uint8Array(numbers(size(shape), index * 1000).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.length] };
    end += data.length;
    parts.push(data);
  });
  return safetensorsBytes(header, Buffer.concat(parts));
}

/** Writes the same llama as safetensors with its tokenizer and chat template. */
export async function writeTinyDirectory(directory: string, json = tinyJson()): Promise<void> {
  await mkdir(directory, { recursive: true });
  const write = async (name: string, data: string | Uint8Array) => writeFile(join(directory, name), data);
  await write('config.json', JSON.stringify(json.config));
  await write('tokenizer.json', JSON.stringify(json.tokenizer));
  await write('tokenizer_config.json', JSON.stringify(json.tokenizerConfig));
  await write('chat_template.jinja', CHAT_TEMPLATE);
  await write('model.safetensors', tinySafetensors());
}
