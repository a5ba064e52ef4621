import { HalfspaceError } from '@halfspace/core';
import { isFloatType } from '../dequantize.js';
import { blockElements, byteLength, type TensorType } from '../tensor-type.js';
import type { PartOfModel } from '../part-of-model.js';
import { alignUp, checkPlaces, type PlacedTensor } from '../placed-tensor.js';
import type { MetadataValue } from '../weight-tensor.js';
import { type ByteReader, createByteReader } from './byte-reader.js';

/** ggml's numbers of the tensor types that Halfspace reads. */
const TYPES: ReadonlyMap<number, TensorType> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [20, 'IQ4_NL'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [30, 'BF16'],
  [39, 'MXFP4'],
]);
const MAGIC = 0x46554747;
/** Arrays of arrays of arrays have no use; deeper nesting is an attack on the stack. */
const DEEPEST = 4;
/**
 * Values of all arrays together, and entries: what is read takes some ten times the bytes that it has in the file. The largest
 * vocabularies come to one and a half million values; files have some tens of keys and thousands of tensors.
 */
const MOST_VALUES = 2 ** 22;
const MOST_KEYS = 2 ** 20;
const MOST_TENSORS = 2 ** 17;

/** What stands in front of the weights. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  /** Which part of a model it is, where it is one of several. */
  readonly part: PartOfModel | undefined;
}

function corrupt(what: string): HalfspaceError {
  return new HalfspaceError('corrupt-model', `The GGUF file is damaged: ${what}. Fetch it again.`);
}

/** A kind of metadata: how a value is read, and how many bytes it takes at least. */
interface ValueType {
  readonly smallest: number;
  readonly read: (reader: ByteReader, depth: number) => MetadataValue;
}

/** In the order of ggml's numbers. */
const VALUES: readonly ValueType[] = [
  { smallest: 1, read: (reader) => reader.u8() },
  { smallest: 1, read: (reader) => reader.i8() },
  { smallest: 2, read: (reader) => reader.u16() },
  { smallest: 2, read: (reader) => reader.i16() },
  { smallest: 4, read: (reader) => reader.u32() },
  { smallest: 4, read: (reader) => reader.i32() },
  { smallest: 4, read: (reader) => reader.f32() },
  { smallest: 1, read: (reader) => reader.u8() !== 0 },
  { smallest: 8, read: (reader) => reader.string() },
  { smallest: 12, read: readArray },
  { smallest: 8, read: (reader) => reader.u64() },
  { smallest: 8, read: (reader) => reader.i64() },
  { smallest: 8, read: (reader) => reader.f64() },
];

function readType(reader: ByteReader): ValueType {
  const number = reader.u32();
  const type = VALUES[number];
  if (type === undefined) throw corrupt(`its metadata has a value of type ${number}`);
  return type;
}

function readArray(reader: ByteReader, depth: number): MetadataValue {
  if (depth >= DEEPEST) throw corrupt('its metadata is nested too deeply');
  const { smallest, read } = readType(reader);
  const count = reader.size('an array');
  if (count > reader.left / smallest) throw corrupt(`an array of ${count} does not fit in the file`);
  reader.spend(count);
  const values: MetadataValue[] = [];
  for (let index = 0; index < count; index++) values.push(read(reader, depth + 1));
  return values;
}

function readMetadata(reader: ByteReader, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < count; index++) {
    const key = reader.string();
    if (metadata.has(key)) throw corrupt(`the key ${key} is there twice`);
    metadata.set(key, readType(reader).read(reader, 0));
  }
  return metadata;
}

/** Reads where a tensor lies; its offset counts from the end of the header. */
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
      `The tensor ${name} is stored as ggml type ${number}, which Halfspace does not read. Take another quantisation: ${[...TYPES.values()].filter(isFloatType).join(', ')}.`,
    );
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(elements))
    throw corrupt(`the tensor ${name} has more numbers than can be counted`);
  if ((shape.at(-1) ?? 1) % blockElements(type) !== 0)
    throw corrupt(`the rows of ${name} are no whole blocks of ${type}`);
  return { name, shape, type, offset, length: byteLength(type, elements) };
}

function readTensors(reader: ByteReader, count: number, alignment: number): Map<string, PlacedTensor> {
  const tensors = new Map<string, PlacedTensor>();
  for (let index = 0; index < count; index++) {
    const tensor = readTensor(reader);
    if (tensors.has(tensor.name)) throw corrupt(`the tensor ${tensor.name} is there twice`);
    tensors.set(tensor.name, tensor);
  }
  const start = alignUp(reader.position, alignment);
  for (const [name, tensor] of tensors) tensors.set(name, { ...tensor, offset: start + tensor.offset });
  return tensors;
}

/**
 * Reads the header of a GGUF file, version 2 or 3, from the file's beginning. Every length is checked
 * against the size of the file before anything is allocated.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`; {@link OutOfBytes} when `bytes` are too few
 */
export function parseGgufHeader(bytes: Uint8Array, fileSize: number): GgufHeader {
  const reader = createByteReader(bytes, fileSize, MOST_VALUES);
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
  if (tensorCount > MOST_TENSORS || keyCount > MOST_KEYS)
    throw corrupt(`it announces ${tensorCount} tensors and ${keyCount} keys, more than any model has`);
  const metadata = readMetadata(reader, keyCount);
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || !Number.isInteger(alignment) || alignment < 1 || alignment > 2 ** 20)
    throw corrupt('its alignment is no size');
  const tensors = readTensors(reader, tensorCount, alignment);
  checkPlaces([...tensors.values()], { start: reader.position, fileSize, alignment }, corrupt);
  return { metadata, tensors, part: partOf(metadata) };
}

/** Files of one part say nothing, or that there is one, or none. */
function partOf(metadata: ReadonlyMap<string, MetadataValue>): PartOfModel | undefined {
  const parts = metadata.get('split.count') ?? 1;
  const part = metadata.get('split.no') ?? 0;
  return typeof parts === 'number' && typeof part === 'number' && parts > 1
    ? { part: part + 1, parts }
    : undefined;
}
