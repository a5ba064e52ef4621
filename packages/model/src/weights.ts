import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { fingerprintFile } from './cache.js';
import { dequantize, isFloatType } from './dequantize.js';
import {
  FOUR_BIT_BLOCK,
  FOUR_BIT_FORMS,
  isFourBitType,
  readFourBitBlocks,
  type FourBitForm,
  type FourBitMatrix,
} from './four-bit.js';
import { OutOfBytes } from './gguf/byte-reader.js';
import { type GgufHeader, parseGgufHeader } from './gguf/header.js';
import { isFile } from './is-file.js';
import { isJsonObject, readJsonFile } from './json-file.js';
import { joinParts } from './gguf/join-parts.js';
import {
  nameOfWhole,
  partByName,
  partNames,
  partOfSafetensors,
  partWithoutHeader,
  partWithoutName,
} from './part-of-model.js';
import { hasOnnxExport, onlyOnnx } from './onnx-export.js';
import type { PlacedTensor } from './placed-tensor.js';
import {
  findPackedLayers,
  isPackedPart,
  readPackedConfig,
  isInOrder,
  unpackFourBit,
  unpackWeights,
  type PackedLayer,
} from './safetensors/packed-weights.js';
import { headerLength, parseSafetensorsHeader, SHARD_INDEX } from './safetensors/header.js';
import { describeValue } from './describe-value.js';
import { byteLength } from './tensor-type.js';
import type { MetadataValue, WeightTensor } from './weight-tensor.js';

/** A model on disk, opened but not loaded: tensors are read one at a time. The caller closes it. */
export interface ModelFile {
  /** What kind of file it is. */
  readonly format: 'gguf' | 'safetensors';
  /** Name for people. */
  readonly name: string;
  /** Absolute path of the GGUF file (of several parts the first), or of the directory that holds the safetensors. */
  readonly path: string;
  /** sha-256 (hex) of the weights as published; of several parts: of their sha-256s, in order of name. */
  readonly fingerprint: string;
  /** GGUF key/values; for safetensors the entries of config.json. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** All tensors, by name. */
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /**
   * A tensor as float32, dequantised, in the file's own element order. Every number is finite.
   *
   * @throws HalfspaceError `unknown-tensor`; `unsupported-model` when it holds integers; `corrupt-model`
   * when it holds a number that is not finite, or the file was cut short meanwhile; `closed-model`
   */
  readF32(name: string): Promise<Float32Array>;
  /**
   * Some rows of a tensor as float32, [count, the last of its sizes]; otherwise as {@link ModelFile.readF32}. Of a packed layer
   * (AWQ, GPTQ) all is read for that.
   *
   * @param from - The first row, from 0.
   * @param count - How many rows; with `from` no more than there are.
   */
  readRows(name: string, from: number, count: number): Promise<Float32Array>;
  /**
   * What a tensor has as four-bit blocks, which `readFourBit` reads.
   *
   * @returns Undefined where the file has it in another form than Q4_0, Q4_1, Q4_K, GPTQ or AWQ, or in blocks that are none of
   * 32 neighbours.
   * @throws HalfspaceError as `readF32`
   */
  fourBitForm(name: string): Promise<FourBitForm | undefined>;
  /**
   * A tensor as the four-bit blocks that the file has, with nothing rounded.
   *
   * @throws HalfspaceError as `readF32`; `unknown-tensor` where it has no such form
   */
  readFourBit(name: string): Promise<FourBitMatrix>;
  /** Gives the files back. Idempotent. */
  close(): Promise<void>;
}

/** Bytes of a GGUF file that are read first; those of most models' headers suffice. */
const FIRST_READ = 2 ** 22;
/** Nothing but weights is that long; safetensors has the same limit. */
const LARGEST_HEADER = 100_000_000;

/** The most that one call of the system reads is a little less than two of these. */
const LARGEST_READ = 2 ** 30;

/** A tensor and the file that holds it. */
interface Stored {
  readonly tensor: PlacedTensor;
  readonly file: FileHandle;
}

/** Tensors of a model: how each is read. */
type Readers = ReadonlyMap<string, Reader>;
interface Reader {
  readonly tensor: WeightTensor;
  readonly read: () => Promise<Float32Array>;
  /** Some rows; absent where all must be read for that. */
  readonly readRows?: (from: number, count: number) => Promise<Float32Array>;
  /** Absent where it is not of four bits. */
  readonly fourBit?: {
    readonly form: () => Promise<FourBitForm | undefined>;
    readonly read: () => Promise<FourBitMatrix>;
  };
}

/** Readers of tensors that are stored one by one. */
function plainReaders(stored: ReadonlyMap<string, Stored>): Readers {
  return new Map(
    [...stored].map(([name, { tensor, file }]) => {
      const readBytes = async (from: number, length: number): Promise<Float32Array> => {
        if (isFloatType(tensor.type))
          return dequantize(tensor.type, await readAt(file, tensor.offset + from, length));
        throw new HalfspaceError(
          'unsupported-model',
          `The tensor ${name} holds integers (${tensor.type}), not weights.`,
        );
      };
      const rowBytes = byteLength(tensor.type, tensor.shape.at(-1) ?? 1);
      return [
        name,
        {
          tensor,
          read: async () => readBytes(0, tensor.length),
          readRows: async (from: number, count: number) => readBytes(from * rowBytes, count * rowBytes),
          ...fourBitReader({ tensor, file }),
        },
      ] as const;
    }),
  );
}

/** How a tensor of GGUF is read as four-bit blocks. */
function fourBitReader({ tensor: { type, shape, offset, length }, file }: Stored): Pick<Reader, 'fourBit'> {
  const columns = shape.at(-1) ?? 1;
  if (!isFourBitType(type) || columns % FOUR_BIT_BLOCK !== 0) return {};
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    fourBit: {
      form: async () => FOUR_BIT_FORMS[type],
      read: async () => readFourBitBlocks(type, await readAt(file, offset, length), rows, columns),
    },
  };
}

/** Readers in which packed layers have the weights that they stand for. */
function withPackedLayers(
  stored: ReadonlyMap<string, Stored>,
  layers: ReadonlyMap<string, PackedLayer>,
): Readers {
  const plain = plainReaders(stored);
  const integers = async (name: string): Promise<Int32Array> => {
    const { tensor, file } = stored.get(name) as Stored;
    return new Int32Array(new Uint8Array(await readAt(file, tensor.offset, tensor.length)).buffer);
  };
  const unpacked = [...layers].map(([name, layer]) => {
    const type = layer.packing === 'awq' ? ('AWQ4' as const) : ('GPTQ4' as const);
    const groups = async () => (layer.groups === undefined ? undefined : integers(layer.groups));
    const parts = async () => ({
      quants: await integers(layer.quants),
      zeros: await integers(layer.zeros),
      scales: await (plain.get(layer.scales) as Reader).read(),
      groups: await groups(),
    });
    const reader: Reader = {
      tensor: { name, shape: [layer.outputs, layer.inputs], type },
      read: async () => unpackWeights(layer, await parts()),
      fourBit: {
        form: async () => (isInOrder(layer, await groups()) ? FOUR_BIT_FORMS[type] : undefined),
        read: async () => unpackFourBit(layer, await parts()),
      },
    };
    return [name, reader] as const;
  });
  return new Map([...[...plain].filter(([name]) => !isPackedPart(name, layers)), ...unpacked]);
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, LARGEST_READ), offset + done);
    if (bytesRead === 0)
      throw new HalfspaceError(
        'corrupt-model',
        `The model file ends at ${offset + done}, inside its weights. Fetch it again.`,
      );
    done += bytesRead;
  }
  return bytes;
}

/** No model means NaN or infinity: a weight that is one of them ruins every number it meets. */
function allFinite(numbers: Float32Array): boolean {
  let even = 0;
  let odd = 0;
  const pairs = numbers.length & ~1;
  // A double cannot overflow by adding float32 numbers. Ten times as fast as asking each number; two sums need not wait for each other.
  for (let index = 0; index < pairs; index += 2) {
    even += numbers[index];
    odd += numbers[index + 1];
  }
  if (pairs < numbers.length) even += numbers[pairs];
  return Number.isFinite(even + odd);
}

function createModelFile(
  about: Pick<ModelFile, 'format' | 'name' | 'path' | 'fingerprint' | 'metadata'>,
  readers: Readers,
  files: readonly FileHandle[],
): ModelFile {
  let closed = false;
  const find = (name: string): Reader => {
    if (closed) throw new HalfspaceError('closed-model', `${about.name} was closed. Open it again.`);
    const found = readers.get(name);
    if (found !== undefined) return found;
    throw new HalfspaceError('unknown-tensor', `${about.name} has no tensor ${name}.`);
  };
  const checked = (name: string, numbers: Float32Array): Float32Array => {
    if (allFinite(numbers)) return numbers;
    throw new HalfspaceError(
      'corrupt-model',
      `The tensor ${name} of ${about.name} holds numbers that are not finite. Fetch the model again.`,
    );
  };
  return {
    ...about,
    tensors: new Map([...readers].map(([name, { tensor }]) => [name, tensor])),
    readF32: async (name) => checked(name, await find(name).read()),
    async readRows(name, from, count) {
      const { tensor, read, readRows } = find(name);
      const columns = tensor.shape.at(-1) ?? 1;
      const rows = tensor.shape.reduce((a, b) => a * b, 1) / columns;
      if (!(from >= 0 && count >= 0 && from + count <= rows))
        throw new RangeError(`${name} has ${rows} rows, and not ${count} from ${from} on.`);
      if (readRows !== undefined) return checked(name, await readRows(from, count));
      return checked(name, await read()).subarray(from * columns, (from + count) * columns);
    },
    fourBitForm: async (name) => find(name).fourBit?.form(),
    async readFourBit(name) {
      const blocks = await find(name).fourBit?.read();
      if (blocks === undefined)
        throw new HalfspaceError('unknown-tensor', `${about.name} has no four-bit tensor ${name}.`);
      checked(name, blocks.scales);
      checked(name, blocks.minima);
      return blocks;
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(files.map(async (file) => file.close()));
    },
  };
}

async function readGgufHeader(file: FileHandle, size: number): Promise<GgufHeader> {
  for (let length = FIRST_READ; length < LARGEST_HEADER * 4; length *= 4) {
    try {
      return parseGgufHeader(await readAt(file, 0, Math.min(size, length, LARGEST_HEADER)), size);
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
    }
  }
  throw new HalfspaceError(
    'corrupt-model',
    `The header of the GGUF file is longer than ${LARGEST_HEADER} bytes. Fetch it again.`,
  );
}

async function openFile(path: string): Promise<FileHandle> {
  return open(path).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HalfspaceError(
      missing ? 'corrupt-model' : 'model-not-readable',
      missing
        ? `${path} is missing, which belongs to the model. Fetch the model again.`
        : `${path} cannot be opened (${(error as Error).message}).`,
      { cause: error },
    );
  });
}

/** Closes the files that were opened so far when opening fails. */
async function withFiles<T>(paths: readonly string[], use: (files: FileHandle[]) => Promise<T>): Promise<T> {
  const files: FileHandle[] = [];
  try {
    for (const path of paths) files.push(await openFile(path));
    return await use(files);
  } catch (error) {
    await Promise.all(files.map(async (file) => file.close()));
    throw error;
  }
}

/** Some parts of a model have no header that says so. */
async function explainPart(error: unknown, path: string, file: FileHandle): Promise<unknown> {
  const part = partByName(basename(path));
  if (part === undefined || !isHalfspaceError(error, 'corrupt-model')) return error;
  const { size } = await file.stat();
  const begin = Buffer.from(await readAt(file, 0, Math.min(size, FIRST_READ)));
  // One that says so and cannot be read is damaged.
  return begin.includes('split.count') ? error : partWithoutHeader(basename(path), part, error);
}

async function readPart(path: string, file: FileHandle): Promise<GgufHeader> {
  const { size } = await file.stat();
  return readGgufHeader(file, size).catch(async (error: unknown) => {
    throw await explainPart(error, path, file);
  });
}

/** A part of a GGUF file, or all of it. */
interface OpenPart {
  readonly path: string;
  readonly file: FileHandle;
  readonly header: GgufHeader;
}

async function openGguf(path: string): Promise<ModelFile> {
  return withFiles([path], async ([file]) => {
    const own: OpenPart = { path, file, header: await readPart(path, file) };
    const { part } = own.header;
    if (part === undefined) return ggufModel([own]);
    const named = partByName(basename(path));
    if (named === undefined) throw partWithoutName(basename(path), part);
    const paths = partNames(path, named);
    const others = paths.filter((each) => each !== path);
    return withFiles(others, async (files) => {
      const parts = new Map([[path, own]]);
      for (const [at, each] of others.entries())
        parts.set(each, { path: each, file: files[at], header: await readPart(each, files[at]) });
      return ggufModel(paths.map((each) => parts.get(each) as OpenPart));
    });
  });
}

async function ggufModel(parts: readonly OpenPart[]): Promise<ModelFile> {
  const paths = parts.map(({ path }) => path);
  const headers = parts.map(({ header }) => header);
  const [path] = paths;
  const metadata = parts.length === 1 ? headers[0].metadata : joinParts(paths, headers);
  const given = metadata.get('general.name');
  const name =
    basename(parts.length === 1 ? path : nameOfWhole(path), '.gguf') ||
    (typeof given === 'string' ? given : path);
  const stored = new Map(
    parts.flatMap(({ header, file }) =>
      [...header.tensors].map(([key, tensor]) => [key, { tensor, file }] as const),
    ),
  );
  const fingerprint = await fingerprintFiles(paths);
  const about = { format: 'gguf', name, path, fingerprint, metadata } as const;
  return createModelFile(
    about,
    plainReaders(stored),
    parts.map(({ file }) => file),
  );
}

/** sha-256 of a file; of several, of their sha-256s in order. */
async function fingerprintFiles(paths: readonly string[]): Promise<string> {
  const prints: string[] = [];
  for (const path of paths) prints.push(await fingerprintFile(path));
  return prints.length === 1 ? prints[0] : createHash('sha256').update(prints.join('')).digest('hex');
}

async function shardNames(directory: string, index: string): Promise<string[]> {
  const map = (await readJsonFile(join(directory, index)))['weight_map'];
  const listed = isJsonObject(map) ? Object.values(map) : [];
  if (listed.length === 0) throw new HalfspaceError('corrupt-model', `${index} has no weight_map.`);
  const names = [...new Set(listed)].map((name) => {
    if (typeof name === 'string' && name === basename(name) && name.endsWith('.safetensors')) return name;
    throw new HalfspaceError(
      'corrupt-model',
      `${index} points to ${describeValue(name)}, which is no file beside it.`,
    );
  });
  return names.sort();
}

async function openSafetensors(directory: string, names: readonly string[]): Promise<ModelFile> {
  const paths = names.map((name) => join(directory, name));
  return withFiles(paths, async (files) => {
    const stored = new Map<string, Stored>();
    for (const file of files) {
      const { size } = await file.stat();
      const length = headerLength(await readAt(file, 0, Math.min(8, size)), size);
      for (const [name, tensor] of parseSafetensorsHeader(await readAt(file, 8, length), size)) {
        if (stored.has(name))
          throw new HalfspaceError('corrupt-model', `The tensor ${name} is in two of the model's files.`);
        stored.set(name, { tensor, file });
      }
    }
    const fingerprint = await fingerprintFiles(paths);
    const metadata = new Map(
      Object.entries((await readJsonFile(join(directory, 'config.json'))) as Record<string, MetadataValue>),
    );
    const name = basename(directory);
    const packed = readPackedConfig(name, metadata.get('quantization_config'));
    // Families read weights, however they are stored.
    if (packed !== undefined) metadata.delete('quantization_config');
    const tensors = new Map([...stored].map(([key, { tensor }]) => [key, tensor]));
    const readers =
      packed === undefined
        ? plainReaders(stored)
        : withPackedLayers(stored, findPackedLayers(tensors, packed));
    return createModelFile(
      { format: 'safetensors', name, path: directory, fingerprint, metadata },
      readers,
      files,
    );
  });
}

/**
 * Opens a model: a GGUF file, or any part of one that is split into several side by side; a safetensors file (or its index), or a directory with safetensors. Reads
 * the header only, and the whole file once for its fingerprint, which is remembered in the cache directory.
 *
 * @throws HalfspaceError `model-not-found`, `model-not-readable`, `corrupt-model`, `unsupported-model`
 */
export async function openModelFile(path: string): Promise<ModelFile> {
  const whole = resolve(path);
  const found = await stat(whole).catch((error: unknown) => {
    throw new HalfspaceError('model-not-found', `There is no model at ${path}.`, { cause: error });
  });
  if (found.isDirectory()) {
    if (await isFile(join(whole, SHARD_INDEX)))
      return openSafetensors(whole, await shardNames(whole, SHARD_INDEX));
    if (await isFile(join(whole, 'model.safetensors'))) return openSafetensors(whole, ['model.safetensors']);
    if (await hasOnnxExport(whole)) throw onlyOnnx(path);
    throw new HalfspaceError(
      'model-not-found',
      `There is no model.safetensors in ${path}. Name the GGUF file itself, if there is one.`,
    );
  }
  if (whole.endsWith('.onnx')) throw onlyOnnx(path);
  if (!found.isFile()) throw new HalfspaceError('model-not-found', `${path} is no file.`);
  if (whole.endsWith('.safetensors')) {
    const part = partByName(basename(whole));
    if (part !== undefined) throw partOfSafetensors(basename(whole), part);
    return openSafetensors(dirname(whole), [basename(whole)]);
  }
  if (whole.endsWith('.index.json'))
    return openSafetensors(dirname(whole), await shardNames(dirname(whole), basename(whole)));
  return openGguf(whole);
}
