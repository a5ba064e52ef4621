// Writes a model with the exact shapes of a published one and random weights: what it costs is real, what it says is not. See README.md here.
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const llama = (layers, width, feedForward, heads, keyValueHeads, headWidth, vocabulary, more) => ({
  family: 'llama',
  layers,
  width,
  feedForward,
  heads,
  keyValueHeads,
  headWidth,
  vocabulary,
  ...more,
});

/** Sizes as their authors publish them. */
export const SHAPES = {
  'gpt2-large': {
    family: 'gpt2',
    layers: 36,
    width: 1280,
    feedForward: 5120,
    heads: 20,
    keyValueHeads: 20,
    headWidth: 64,
    vocabulary: 50_257,
    context: 1024,
    tied: true,
  },
  'llama-3.2-1b': llama(16, 2048, 8192, 32, 8, 64, 128_256, { context: 131_072, base: 5e5, tied: true }),
  'smollm2-1.7b': llama(24, 2048, 8192, 32, 32, 64, 49_152, { context: 8192, base: 130_000, tied: true }),
  'llama-3.2-3b': llama(28, 3072, 8192, 24, 8, 128, 128_256, { context: 131_072, base: 5e5, tied: true }),
  'llama-2-7b': llama(32, 4096, 11_008, 32, 32, 128, 32_000, { context: 4096, base: 1e4, tied: false }),
  'llama-3.1-8b': llama(32, 4096, 14_336, 32, 8, 128, 128_256, { context: 131_072, base: 5e5, tied: false }),
};

/** How matrices are stored: ggml's number of the type, numbers and bytes of a block, and what makes a block of random bytes a sane one. */
const TYPES = {
  F32: { ggml: 0, elements: 1, bytes: 4 },
  F16: { ggml: 1, elements: 1, bytes: 2, settle: settleHalves },
  Q8_0: { ggml: 8, elements: 32, bytes: 34, settle: scaleAt(34, 0, 2.7e-4) },
  Q4_K: { ggml: 12, elements: 256, bytes: 144, settle: settleQ4K },
  Q6_K: { ggml: 14, elements: 256, bytes: 210, settle: scaleAt(210, 208, 1.5e-5) },
};

/** Bits of a half-precision number that is close. */
function half(value) {
  const exponent = Math.max(-14, Math.floor(Math.log2(value)));
  const fraction = Math.round((value / 2 ** exponent) * 1024);
  return fraction < 1024 ? fraction : ((exponent + 15) << 10) + (fraction - 1024);
}

function scaleAt(block, at, scale) {
  const bits = half(scale);
  return (bytes) => {
    for (let from = at; from < bytes.length; from += block) {
      bytes[from] = bits & 255;
      bytes[from + 1] = bits >> 8;
    }
  };
}

/** Scale and minimum of a block, so that its numbers lie around 0. */
function settleQ4K(bytes) {
  scaleAt(144, 0, 1.2e-4)(bytes);
  scaleAt(144, 2, 9e-4)(bytes);
}

/** Halves between 1/64 and 1/32, of either sign. */
function settleHalves(bytes) {
  for (let at = 1; at < bytes.length; at += 2) bytes[at] = (bytes[at] & 0x83) | 0x24;
}

/** Random bytes, other ones for every seed (xorshift, Marsaglia 2003). */
function randomBytes(length, seed) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** The 256 bytes as byte-level BPE spells them. */
function byteAlphabet() {
  const plain = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173 && byte < 256);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(plain(byte) ? byte : next++));
}

/** Tokens and merges: all bytes, then words of small letters, each one letter longer than another token; control tokens last. */
export function syntheticVocabulary(size) {
  const tokens = byteAlphabet();
  const letters = 'etaoinshrdlucmfwypvbgkjqxz'.split('');
  const merges = [];
  const wanted = size - 2;
  let longest = ['Ġ', ...letters];
  while (tokens.length < wanted) {
    const longer = [];
    for (const word of longest) {
      for (const letter of letters) {
        if (tokens.length === wanted) break;
        merges.push(`${word} ${letter}`);
        tokens.push(word + letter);
        longer.push(word + letter);
      }
    }
    longest = longer;
  }
  return { tokens: [...tokens, '<|begin|>', '<|end|>'], merges };
}

/** Names in GGUF and shapes of the tensors of a model; `kind` says which are matrices. */
export function tensorsOf(shape) {
  const { family, layers, width, feedForward, heads, keyValueHeads, headWidth, vocabulary } = shape;
  const [queries, keys] = [heads * headWidth, keyValueHeads * headWidth];
  const vector = (name, size) => ({ name, shape: [size], kind: 'vector' });
  const matrix = (name, ...sizes) => ({ name: `${name}.weight`, shape: sizes, kind: 'matrix' });
  const table = (name, rows) => ({ name: `${name}.weight`, shape: [rows, width], kind: 'table' });
  const withBias =
    (...sizes) =>
    (name) => [matrix(name, ...sizes), vector(`${name}.bias`, sizes[0])];
  const norm = (name) => [
    vector(`${name}.weight`, width),
    ...(family === 'gpt2' ? [vector(`${name}.bias`, width)] : []),
  ];
  const block = (layer) => {
    const at = `blk.${layer}`;
    if (family === 'gpt2')
      return [
        ...norm(`${at}.attn_norm`),
        ...withBias(queries + 2 * keys, width)(`${at}.attn_qkv`),
        ...withBias(width, queries)(`${at}.attn_output`),
        ...norm(`${at}.ffn_norm`),
        ...withBias(feedForward, width)(`${at}.ffn_up`),
        ...withBias(width, feedForward)(`${at}.ffn_down`),
      ];
    return [
      ...norm(`${at}.attn_norm`),
      matrix(`${at}.attn_q`, queries, width),
      matrix(`${at}.attn_k`, keys, width),
      matrix(`${at}.attn_v`, keys, width),
      matrix(`${at}.attn_output`, width, queries),
      ...norm(`${at}.ffn_norm`),
      matrix(`${at}.ffn_gate`, feedForward, width),
      matrix(`${at}.ffn_up`, feedForward, width),
      matrix(`${at}.ffn_down`, width, feedForward),
    ];
  };
  return [
    table('token_embd', vocabulary),
    ...(family === 'gpt2' ? [{ ...table('position_embd', shape.context), kind: 'positions' }] : []),
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    ...norm('output_norm'),
    ...(shape.tied ? [] : [table('output', vocabulary)]),
  ];
}

/** The type of a tensor: as in files of that name, the embedding and the head of Q4_K have six bits. */
function typeOf({ kind }, format) {
  if (kind === 'vector' || kind === 'positions') return 'F32';
  return format === 'Q4_K' && kind === 'table' ? 'Q6_K' : format;
}

const count = (shape) => shape.reduce((a, b) => a * b, 1);

/** Numbers of a tensor, some at once: norms are 1, biases 0, all else is random. */
function* numbersOf({ name, shape }, type, seed) {
  const { elements, bytes, settle } = TYPES[type];
  const blocks = count(shape) / elements;
  const some = Math.floor(2 ** 24 / bytes);
  for (let from = 0; from < blocks; from += some) {
    const length = Math.min(some, blocks - from) * bytes;
    if (type === 'F32') {
      const value = name.endsWith('norm.weight') ? () => 1 : name.endsWith('.bias') ? () => 0 : Math.sin;
      yield new Uint8Array(Float32Array.from({ length: length / 4 }, (_, at) => value(from + at)).buffer);
      continue;
    }
    const random = randomBytes(length, seed * 65_537 + from);
    settle(random);
    yield random;
  }
}

const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const VALUES = {
  u32: (value) => [u32(4), u32(value)],
  f32: (value) => [u32(6), Buffer.from(Float32Array.of(value).buffer)],
  bool: (value) => [u32(7), Buffer.of(value ? 1 : 0)],
  text: (value) => [u32(8), text(value)],
  texts: (values) => [u32(9), u32(8), u64(values.length), ...values.map(text)],
  i32s: (values) => [u32(9), u32(5), u64(values.length), Buffer.from(Int32Array.from(values).buffer)],
};

function metadataOf(
  name,
  { family, layers, width, feedForward, heads, keyValueHeads, context, base, vocabulary },
) {
  const { tokens, merges } = syntheticVocabulary(vocabulary);
  const epsilon = family === 'gpt2' ? 'layer_norm_epsilon' : 'layer_norm_rms_epsilon';
  return {
    'general.architecture': VALUES.text(family),
    'general.name': VALUES.text(name),
    [`${family}.block_count`]: VALUES.u32(layers),
    [`${family}.context_length`]: VALUES.u32(context),
    [`${family}.embedding_length`]: VALUES.u32(width),
    [`${family}.feed_forward_length`]: VALUES.u32(feedForward),
    [`${family}.attention.head_count`]: VALUES.u32(heads),
    [`${family}.attention.${epsilon}`]: VALUES.f32(1e-5),
    ...(family === 'llama' && {
      'llama.attention.head_count_kv': VALUES.u32(keyValueHeads),
      'llama.rope.freq_base': VALUES.f32(base),
    }),
    'tokenizer.ggml.model': VALUES.text('gpt2'),
    'tokenizer.ggml.pre': VALUES.text('gpt-2'),
    'tokenizer.ggml.tokens': VALUES.texts(tokens),
    'tokenizer.ggml.token_type': VALUES.i32s(tokens.map((_, id) => (id < vocabulary - 2 ? 1 : 3))),
    'tokenizer.ggml.merges': VALUES.texts(merges),
    'tokenizer.ggml.bos_token_id': VALUES.u32(vocabulary - 2),
    'tokenizer.ggml.eos_token_id': VALUES.u32(vocabulary - 1),
    'tokenizer.ggml.add_bos_token': VALUES.bool(false),
  };
}

const padding = (length, to = 32) => Buffer.alloc(Math.ceil(length / to) * to - length);

async function writeGguf(file, name, shape, format) {
  const tensors = tensorsOf(shape).map((each) => ({ ...each, type: typeOf(each, format) }));
  const metadata = Object.entries(metadataOf(name, shape));
  const bytesOf = ({ shape: sizes, type }) => (count(sizes) / TYPES[type].elements) * TYPES[type].bytes;
  let end = 0;
  const infos = tensors.flatMap((tensor) => {
    const at = end;
    end += bytesOf(tensor) + padding(bytesOf(tensor)).length;
    const sizes = [...tensor.shape].reverse().map(u64);
    return [text(tensor.name), u32(sizes.length), ...sizes, u32(TYPES[tensor.type].ggml), u64(at)];
  });
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(metadata.length)];
  const header = Buffer.concat([
    ...head,
    ...metadata.flatMap(([key, value]) => [text(key), ...value]),
    ...infos,
  ]);
  await file.write(Buffer.concat([header, padding(header.length)]));
  for (const [index, tensor] of tensors.entries()) {
    for (const part of numbersOf(tensor, tensor.type, index + 1)) await file.write(part);
    if (index + 1 < tensors.length) await file.write(padding(bytesOf(tensor)));
  }
}

/** Names in checkpoints, by those of GGUF. */
const HUGGING_FACE = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

function checkpointName(name) {
  const [, layer, part, kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(\w+)$/.exec(name) ?? [];
  return `${layer === undefined ? '' : `model.layers.${layer}.`}${HUGGING_FACE[part]}.${kind}`;
}

async function writeJson(directory, name, value) {
  const file = await open(join(directory, name), 'w');
  await file.writeFile(JSON.stringify(value));
  await file.close();
}

/** A directory as transformers writes it, in half precision. */
async function writeSafetensors(directory, shape) {
  const { layers, width, feedForward, heads, keyValueHeads, headWidth, context, base, vocabulary, tied } =
    shape;
  if (shape.family !== 'llama') throw new Error('Safetensors are written of the family llama alone.');
  await mkdir(directory, { recursive: true });
  const { tokens, merges } = syntheticVocabulary(vocabulary);
  const special = tokens
    .slice(-2)
    .map((content, at) => ({ id: vocabulary - 2 + at, content, special: true }));
  await writeJson(directory, 'config.json', {
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: width,
    intermediate_size: feedForward,
    max_position_embeddings: context,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    num_key_value_heads: keyValueHeads,
    head_dim: headWidth,
    rms_norm_eps: 1e-5,
    rope_theta: base,
    tie_word_embeddings: tied,
    vocab_size: vocabulary,
  });
  const level = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  await writeJson(directory, 'tokenizer.json', {
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: level,
    post_processor: null,
    decoder: level,
    model: {
      type: 'BPE',
      unk_token: null,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  });
  const [bos, eos] = tokens.slice(-2);
  await writeJson(directory, 'tokenizer_config.json', { bos_token: bos, eos_token: eos });
  const tensors = tensorsOf(shape).map((each) => ({ ...each, type: each.kind === 'vector' ? 'F32' : 'F16' }));
  let end = 0;
  const header = Object.fromEntries(
    tensors.map(({ name, shape: sizes, type }) => {
      const begin = end;
      end += count(sizes) * TYPES[type].bytes;
      return [checkpointName(name), { dtype: type, shape: sizes, data_offsets: [begin, end] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const spaces = Buffer.alloc(padding(json.length, 8).length, ' ');
  const file = await open(join(directory, 'model.safetensors'), 'w');
  await file.write(Buffer.concat([u64(json.length + spaces.length), json, spaces]));
  for (const [index, tensor] of tensors.entries())
    for (const part of numbersOf(tensor, tensor.type, index + 1)) await file.write(part);
  await file.close();
}

/**
 * Writes a model, one tensor after the other. Every matrix has numbers of its own, because ONNX Runtime keeps equal ones once.
 *
 * @param name - A key of `SHAPES`, or a shape like them.
 * @param format - `Q4_K`, `Q8_0`, `F16` (GGUF), or `safetensors` (a directory, half precision).
 */
export async function writeModel(path, name, format) {
  const shape = typeof name === 'string' ? SHAPES[name] : name;
  if (shape === undefined)
    throw new Error(`There is no shape ${name}. There are: ${Object.keys(SHAPES).join(', ')}.`);
  if (format === 'safetensors') return writeSafetensors(path, shape);
  if (TYPES[format]?.settle === undefined) throw new Error(`There is no format ${format}.`);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    await writeGguf(file, `synthetic ${typeof name === 'string' ? name : shape.family}`, shape, format);
  } finally {
    await file.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { format: { type: 'string', default: 'Q4_K' }, output: { type: 'string' } },
  });
  const [name = ''] = positionals;
  await writeModel(values.output ?? `${name}.gguf`, name, values.format);
}
