import { HalfspaceError } from '@halfspace/core';
import { fileFault, writeWhole } from '@halfspace/files';
import type { ControlVectors } from './control-vectors.js';

/** Tensors of a GGUF file begin at multiples of it. */
const ALIGNMENT = 32;
/** The numbers that GGUF has for types of values, and for tensors of float32. */
const TYPE = { uint32: 4, string: 8 } as const;
const F32 = 0;

/**
 * Writes directions as a GGUF control vector (`.gguf`: `general.architecture` is `controlvector`) or as safetensors, by the
 * ending of the path. Both have the tensors `direction.N`, in float32. The file appears whole or not at all.
 *
 * @throws HalfspaceError `bad-option` for another ending, or where there is no direction; `not-writable`, `disk-full`
 */
export async function writeControlVectors(path: string, vectors: ControlVectors): Promise<void> {
  const bytes = encode(path, vectors);
  try {
    await writeWhole(path, [bytes]);
  } catch (error) {
    throw error instanceof HalfspaceError ? error : fileFault(error, path, 'write');
  }
}

function encode(path: string, vectors: ControlVectors): Buffer {
  if (vectors.directions.size === 0)
    throw new HalfspaceError('bad-option', 'There is no direction to write.');
  if (path.toLowerCase().endsWith('.gguf')) return ggufOf(vectors);
  if (path.toLowerCase().endsWith('.safetensors')) return safetensorsOf(vectors);
  throw new HalfspaceError(
    'bad-option',
    `${path} must end in .gguf or .safetensors, which say how directions are written.`,
  );
}

function ggufOf({ modelHint, directions, notes = {} }: ControlVectors): Buffer {
  const blocks = [...directions.keys()].sort((a, b) => a - b);
  const entries = [
    entry('general.architecture', 'controlvector'),
    entry('controlvector.model_hint', modelHint),
    entry('controlvector.layer_count', Math.max(...blocks)),
    ...Object.entries(notes).map(([key, value]) => entry(`halfspace.${key}`, value)),
  ];
  const data: Buffer[] = [];
  let offset = 0;
  const tensors = blocks.map((block) => {
    const direction = directions.get(block) ?? new Float32Array();
    const bytes = aligned(littleEndian(direction));
    const info = [text(`direction.${block}`), u32(1), u64(direction.length), u32(F32), u64(offset)];
    data.push(bytes);
    offset += bytes.length;
    return Buffer.concat(info);
  });
  const header = [
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries,
    ...tensors,
  ];
  return Buffer.concat([aligned(Buffer.concat(header)), ...data]);
}

function safetensorsOf({ modelHint, directions, notes = {} }: ControlVectors): Buffer {
  let offset = 0;
  const places = [...directions].map(([block, { length }]) => {
    const from = offset;
    offset += length * 4;
    return [`direction.${block}`, { dtype: 'F32', shape: [length], data_offsets: [from, offset] }] as const;
  });
  const metadata = { format: 'controlvector', model_hint: modelHint, ...notes };
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(places) });
  // Numbers begin at a multiple of eight.
  const header = Buffer.from(
    json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8 - Buffer.byteLength(json) + json.length),
  );
  return Buffer.concat([u64(header.length), header, ...[...directions.values()].map(littleEndian)]);
}

function entry(key: string, value: string | number): Buffer {
  return typeof value === 'string'
    ? Buffer.concat([text(key), u32(TYPE.string), text(value)])
    : Buffer.concat([text(key), u32(TYPE.uint32), u32(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes;
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);
}
