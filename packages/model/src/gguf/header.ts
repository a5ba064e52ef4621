import { HalfspaceError } from '@halfspace/core';
import { blockElements, byteLength, type TensorType } from '../tensor-type.js';
import type { MetadataValue, WeightTensor } from '../weights.js';
import { createByteReader, type ByteReader } from './byte-reader.js';

/** ggml's numbers of the tensor types that Halfspace reads. */
const TYPES: ReadonlyMap<number, TensorType> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [30, 'BF16'],
]);
const MAGIC = 0x46554747;
/** Arrays of arrays of arrays have no use; deeper nesting is an attack on the stack. */
const DEEPEST = 4;

/** A tensor and where its bytes lie in the file. */
export interface PlacedTensor extends WeightTensor {
  readonly offset: number;
  readonly length: number;
}

/** What stands in front of the weights. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
}

function corrupt(what: string): HalfspaceError {
  return new HalfspaceError('corrupt-model', `The GGUF file is damaged: ${what}. Fetch it again.`);
}

/** Bytes that an array element takes at least; an array of texts has a length before each. */
const SMALLEST = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

function readValue(reader: ByteReader, type: number, fileSize: number, depth = 0): MetadataValue {
  const readers = [
    () => reader.u8(),
    () => reader.i8(),
    () => reader.u16(),
    () => reader.i16(),
    () => reader.u32(),
    () => reader.i32(),
    () => reader.f32(),
    () => reader.u8() !== 0,
    () => reader.string(),
    () => {
      const elementType = reader.u32();
      const count = reader.size('an array');
      const smallest = SMALLEST[elementType];
      if (smallest === undefined) throw corrupt(`its metadata has a value of type ${elementType}`);
      if (depth >= DEEPEST) throw corrupt('its metadata is nested too deeply');
      if (count > (fileSize - reader.position) / smallest)
        throw corrupt(`an array of ${count} does not fit in the file`);
      const values: MetadataValue[] = [];
      for (let index = 0; index < count; index++)
        values.push(readValue(reader, elementType, fileSize, depth + 1));
      return values;
    },
    () => reader.u64(),
    () => reader.i64(),
    () => reader.f64(),
  ];
  const read = readers[type];
  if (read === undefined) throw corrupt(`its metadata has a value of type ${type}`);
  return read();
}

function readTensor(reader: ByteReader): PlacedTensor {
  const name = reader.string();
  const dimensions = reader.u32();
  if (dimensions > 8) throw corrupt(`the tensor ${name} has ${dimensions} dimensions`);
  // GGUF lists the innermost dimension first.
  const shape = Array.from({ length: dimensions }, () => reader.size('a dimension')).reverse();
  const number = reader.u32();
  const offset = reader.size('an offset');
  const type = TYPES.get(number);
  if (type === undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `The tensor ${name} is stored as ggml type ${number}, which Halfspace does not read. Take another quantisation: ${[...TYPES.values()].slice(0, 10).join(', ')}.`,
    );
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(elements))
    throw corrupt(`the tensor ${name} has more numbers than can be counted`);
  if ((shape.at(-1) ?? 1) % blockElements(type) !== 0)
    throw corrupt(`the rows of ${name} are no whole blocks of ${type}`);
  return { name, shape, type, offset, length: byteLength(type, elements) };
}

function place(tensors: readonly PlacedTensor[], start: number, alignment: number, fileSize: number) {
  const placed = new Map<string, PlacedTensor>();
  for (const tensor of tensors) {
    const offset = start + tensor.offset;
    if (tensor.offset % alignment !== 0) throw corrupt(`the tensor ${tensor.name} is not aligned`);
    if (offset + tensor.length > fileSize)
      throw corrupt(`the tensor ${tensor.name} reaches past the end of the file`);
    if (placed.has(tensor.name)) throw corrupt(`the tensor ${tensor.name} is there twice`);
    placed.set(tensor.name, { ...tensor, offset });
  }
  const inOrder = [...placed.values()].sort((a, b) => a.offset - b.offset);
  inOrder.forEach((tensor, index) => {
    const next = inOrder[index + 1];
    if (next !== undefined && tensor.offset + tensor.length > next.offset)
      throw corrupt(`the tensors ${tensor.name} and ${next.name} overlap`);
  });
  return placed;
}

/**
 * Reads the header of a GGUF file, version 2 or 3, from the file's beginning. Every length is checked
 * against the size of the file before anything is allocated.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`; {@link OutOfBytes} when `bytes` are too few
 */
export function parseGgufHeader(bytes: Uint8Array, fileSize: number): GgufHeader {
  const reader = createByteReader(bytes, fileSize);
  if (reader.u32() !== MAGIC) throw corrupt('it does not begin with GGUF');
  const version = reader.u32();
  if (version !== 2 && version !== 3) {
    throw new HalfspaceError(
      'unsupported-model',
      `The GGUF file is of version ${version} or big-endian; Halfspace reads versions 2 and 3, little-endian.`,
    );
  }
  const tensorCount = reader.size('a number of tensors');
  const keyCount = reader.size('a number of keys');
  // A tensor takes at least 24 bytes, a key at least 13.
  if (tensorCount > fileSize / 24 || keyCount > fileSize / 13)
    throw corrupt('it announces more entries than fit in it');
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < keyCount; index++) {
    const key = reader.string();
    if (metadata.has(key)) throw corrupt(`the key ${key} is there twice`);
    metadata.set(key, readValue(reader, reader.u32(), fileSize));
  }
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 1 || alignment > 2 ** 20)
    throw corrupt('its alignment is no size');
  const tensors: PlacedTensor[] = [];
  for (let index = 0; index < tensorCount; index++) tensors.push(readTensor(reader));
  const start = Math.ceil(reader.position / alignment) * alignment;
  return { metadata, tensors: place(tensors, start, alignment, fileSize) };
}
