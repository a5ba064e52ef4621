// Models of random weights in the shapes of published ones, as GGUF files of four-bit blocks (Q4_0).
import { open, stat } from 'node:fs/promises';

/** Sizes of Llama-3.2-1B and Llama-3.1-8B, and of a small one to try the script. */
export const SHAPES = {
  tiny: { layers: 2, width: 64, heads: 4, keyValueHeads: 2, feedForward: 128, vocabulary: 512, tied: true },
  '1B': {
    layers: 16,
    width: 2048,
    heads: 32,
    keyValueHeads: 8,
    feedForward: 8192,
    vocabulary: 128_256,
    tied: true,
  },
  '8B': {
    layers: 32,
    width: 4096,
    heads: 32,
    keyValueHeads: 8,
    feedForward: 14_336,
    vocabulary: 128_256,
    tied: false,
  },
};

const F32 = 0;
const Q4_0 = 2;
/** A block of 32 numbers: a scale in half precision, and sixteen bytes. */
const BLOCK_BYTES = 18;
const ALIGNMENT = 32;

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const f32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const number = (value) => [u32(4), u32(value)];
const real = (value) => [u32(6), f32(value)];
const string = (value) => [u32(8), text(value)];
const array = (type, items) => [u32(9), u32(type), u64(items.length), ...items];

/** The characters by which GPT-2's vocabulary writes bytes. */
function byteCharacters() {
  const plain = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(plain(byte) ? byte : next++));
}

function tensorsOf({ layers, width, heads, keyValueHeads, feedForward, vocabulary, tied }) {
  const keys = (width / heads) * keyValueHeads;
  const block = (layer) => [
    [`blk.${layer}.attn_norm.weight`, [width]],
    [`blk.${layer}.attn_q.weight`, [width, width]],
    [`blk.${layer}.attn_k.weight`, [keys, width]],
    [`blk.${layer}.attn_v.weight`, [keys, width]],
    [`blk.${layer}.attn_output.weight`, [width, width]],
    [`blk.${layer}.ffn_norm.weight`, [width]],
    [`blk.${layer}.ffn_gate.weight`, [feedForward, width]],
    [`blk.${layer}.ffn_up.weight`, [feedForward, width]],
    [`blk.${layer}.ffn_down.weight`, [width, feedForward]],
  ];
  return [
    ['token_embd.weight', [vocabulary, width]],
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    ['output_norm.weight', [width]],
    ...(tied ? [] : [['output.weight', [vocabulary, width]]]),
  ];
}

function metadataOf({ layers, width, heads, keyValueHeads, feedForward, vocabulary }) {
  // The bytes, and what the one merge makes.
  const plain = [...byteCharacters(), 'ab'];
  const tokens = Array.from({ length: vocabulary }, (_, id) => plain[id] ?? `<|extra_${id}|>`);
  return {
    'general.architecture': string('llama'),
    'general.name': string('random'),
    'llama.block_count': number(layers),
    'llama.context_length': number(8192),
    'llama.embedding_length': number(width),
    'llama.feed_forward_length': number(feedForward),
    'llama.attention.head_count': number(heads),
    'llama.attention.head_count_kv': number(keyValueHeads),
    'llama.attention.layer_norm_rms_epsilon': real(1e-5),
    'llama.rope.freq_base': real(500_000),
    'tokenizer.ggml.model': string('gpt2'),
    'tokenizer.ggml.pre': string('llama-bpe'),
    'tokenizer.ggml.tokens': array(8, tokens.map(text)),
    'tokenizer.ggml.token_type': array(
      5,
      tokens.map((_, id) => u32(id < plain.length ? 1 : 3)),
    ),
    'tokenizer.ggml.merges': array(8, [text('a b')]),
    'tokenizer.ggml.eos_token_id': number(vocabulary - 1),
  };
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const bytesOf = (shape) => (shape.length === 1 ? sizeOf(shape) * 4 : (sizeOf(shape) / 32) * BLOCK_BYTES);
const aligned = (size) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;

/** Bytes of random blocks, of about the size that trained weights of that width have; each call goes on from the last one's numbers. */
function randomBlocks(count, width, state) {
  const words = new Uint32Array(Math.ceil((count * BLOCK_BYTES) / 4));
  for (let index = 0; index < words.length; index++) {
    state.value = (Math.imul(state.value, 1664525) + 1013904223) >>> 0;
    words[index] = state.value ^ (state.value >>> 15);
  }
  const bytes = Buffer.from(words.buffer, 0, count * BLOCK_BYTES);
  // Half precision: 2^-k with k about log2 of the root of the width, and three bits of rounding.
  const exponent = 15 - Math.round(Math.log2(Math.sqrt(width))) - 2;
  for (let block = 0; block < count; block++) bytes.writeUInt16LE(exponent << 10, block * BLOCK_BYTES);
  return bytes;
}

/** Writes a model, unless it is there. */
export async function writeRandomModel(path, shape) {
  const tensors = tensorsOf(shape);
  const metadata = metadataOf(shape);
  let offset = 0;
  const infos = tensors.map(([name, dims]) => {
    const info = [
      text(name),
      u32(dims.length),
      // GGUF has the innermost size first.
      ...dims.toReversed().map(u64),
      u32(dims.length === 1 ? F32 : Q4_0),
      u64(offset),
    ];
    offset += aligned(bytesOf(dims));
    return Buffer.concat(info);
  });
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(Object.keys(metadata).length),
    ...Object.entries(metadata).flatMap(([key, value]) => [text(key), ...value]),
    ...infos,
  ]);
  const start = aligned(header.length);
  if ((await stat(path).catch(() => undefined))?.size === start + offset) return;
  const file = await open(path, 'w');
  const state = { value: 1 };
  try {
    await file.write(Buffer.concat([header, Buffer.alloc(start - header.length)]));
    for (const [, dims] of tensors) {
      const bytes = bytesOf(dims);
      if (dims.length === 1) await file.write(new Uint8Array(new Float32Array(dims[0]).fill(1).buffer));
      else
        for (let row = 0; row < dims[0]; row += 1024) {
          const rows = Math.min(1024, dims[0] - row);
          await file.write(randomBlocks((rows * dims[1]) / 32, dims[1], state));
        }
      await file.write(Buffer.alloc(aligned(bytes) - bytes));
    }
  } finally {
    await file.close();
  }
}
