import { createHash } from 'node:crypto';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { fingerprintFile } from './cache.js';
import { dequantize, isFloatType } from './dequantize.js';
import { OutOfBytes } from './gguf/byte-reader.js';
import { parseGgufHeader, type GgufHeader, type PlacedTensor } from './gguf/header.js';
import { headerLength, parseSafetensorsHeader } from './safetensors/header.js';
import type { TensorType } from './tensor-type.js';

/** One value of a model file's metadata. 64-bit integers are numbers where exact, else bigints. */
export type MetadataValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly MetadataValue[]
  | { readonly [key: string]: MetadataValue };

/**
 * One tensor of a model file. `shape` is row-major, outermost first (PyTorch order): a linear layer is
 * [out, in].
 */
export interface WeightTensor {
  /** The file's own name, e.g. `blk.0.attn_q.weight` (GGUF) or `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
}

/** A model on disk, opened but not loaded: tensors are read one at a time. The caller closes it. */
export interface ModelFile {
  readonly format: 'gguf' | 'safetensors';
  /** Name for people. */
  readonly name: string;
  /** Absolute path of the GGUF file, or of the directory that holds the safetensors. */
  readonly path: string;
  /** sha-256 (hex) of the weights as published; of several shards: of their sha-256s, in order of name. */
  readonly fingerprint: string;
  /** GGUF key/values; for safetensors the entries of config.json. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /**
   * A tensor as float32, dequantised, in the file's own element order.
   *
   * @throws HalfspaceError `unknown-tensor`; `unsupported-model` when it holds integers; `corrupt-model`
   * when the file was cut short meanwhile; `closed-model`
   */
  readF32(name: string): Promise<Float32Array>;
  /** Gives the files back. Idempotent. */
  close(): Promise<void>;
}

/** A tensor and the file that holds it. */
interface Stored {
  readonly tensor: PlacedTensor;
  readonly file: FileHandle;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0)
      throw new HalfspaceError(
        'corrupt-model',
        `The model file ends at ${offset + done}, inside its weights. Fetch it again.`,
      );
    done += bytesRead;
  }
  return bytes;
}

function createModelFile(
  about: Pick<ModelFile, 'format' | 'name' | 'path' | 'fingerprint' | 'metadata'>,
  stored: ReadonlyMap<string, Stored>,
): ModelFile {
  let closed = false;
  return {
    ...about,
    tensors: new Map([...stored].map(([name, { tensor }]) => [name, tensor])),
    async readF32(name) {
      if (closed) throw new HalfspaceError('closed-model', `${about.name} was closed. Open it again.`);
      const found = stored.get(name);
      if (found === undefined)
        throw new HalfspaceError('unknown-tensor', `${about.name} has no tensor ${name}.`);
      const { tensor, file } = found;
      if (!isFloatType(tensor.type))
        throw new HalfspaceError(
          'unsupported-model',
          `The tensor ${name} holds integers (${tensor.type}), not weights.`,
        );
      return dequantize(tensor.type, await readAt(file, tensor.offset, tensor.length));
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(
        [...new Set([...stored.values()].map(({ file }) => file))].map(async (file) => file.close()),
      );
    },
  };
}

async function readGgufHeader(file: FileHandle, size: number): Promise<GgufHeader> {
  for (let length = Math.min(size, 2 ** 22); ; length = Math.min(size, length * 4)) {
    try {
      return parseGgufHeader(await readAt(file, 0, length), size);
    } catch (error) {
      if (!(error instanceof OutOfBytes) || length === size) throw error;
    }
  }
}

/** Closes the files that were opened so far when opening fails. */
async function withFiles<T>(paths: readonly string[], use: (files: FileHandle[]) => Promise<T>): Promise<T> {
  const files: FileHandle[] = [];
  try {
    for (const path of paths) files.push(await open(path));
    return await use(files);
  } catch (error) {
    await Promise.all(files.map(async (file) => file.close()));
    throw error;
  }
}

async function openGguf(path: string): Promise<ModelFile> {
  return withFiles([path], async ([file]) => {
    if (file === undefined) throw new RangeError('No file.');
    const { metadata, tensors } = await readGgufHeader(file, (await file.stat()).size);
    const fingerprint = await fingerprintFile(path);
    const given = metadata.get('general.name');
    const name = basename(path, '.gguf') || (typeof given === 'string' ? given : path);
    const stored = new Map([...tensors].map(([key, tensor]) => [key, { tensor, file }]));
    return createModelFile({ format: 'gguf', name, path, fingerprint, metadata }, stored);
  });
}

async function readJson(path: string): Promise<Readonly<Record<string, MetadataValue>>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new HalfspaceError(
      'corrupt-model',
      `The model has no ${basename(path)}, which belongs beside its weights.`,
      { cause: error },
    );
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, MetadataValue>;
  } catch {
    // Falls through to the same complaint.
  }
  throw new HalfspaceError('corrupt-model', `${path} is no JSON object. Fetch it again.`);
}

async function shardNames(directory: string, index: string): Promise<string[]> {
  const map = (await readJson(join(directory, index)))['weight_map'];
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new HalfspaceError('corrupt-model', `${index} has no weight_map.`);
  const names = [...new Set(Object.values(map))].map((name) => {
    if (typeof name === 'string' && name === basename(name) && name.endsWith('.safetensors')) return name;
    throw new HalfspaceError(
      'corrupt-model',
      `${index} points to ${JSON.stringify(name)}, which is no file beside it.`,
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
    const prints = await Promise.all(paths.map(fingerprintFile));
    const fingerprint =
      prints.length === 1 ? (prints[0] ?? '') : createHash('sha256').update(prints.join('')).digest('hex');
    const metadata = new Map(Object.entries(await readJson(join(directory, 'config.json'))));
    return createModelFile(
      { format: 'safetensors', name: basename(directory), path: directory, fingerprint, metadata },
      stored,
    );
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

const INDEX = 'model.safetensors.index.json';

/**
 * Opens a model: a GGUF file, a safetensors file (or its index), or a directory with safetensors. Reads
 * the header only, and the whole file once for its fingerprint, which is remembered in the cache directory.
 *
 * @throws HalfspaceError `model-not-found`, `corrupt-model`, `unsupported-model`
 */
export async function openModelFile(path: string): Promise<ModelFile> {
  const whole = resolve(path);
  const found = await stat(whole).catch((error: unknown) => {
    throw new HalfspaceError('model-not-found', `There is no model at ${path}.`, { cause: error });
  });
  if (found.isDirectory()) {
    if (await exists(join(whole, INDEX))) return openSafetensors(whole, await shardNames(whole, INDEX));
    if (await exists(join(whole, 'model.safetensors'))) return openSafetensors(whole, ['model.safetensors']);
    throw new HalfspaceError(
      'model-not-found',
      `There is no model.safetensors in ${path}. Name the GGUF file itself, if there is one.`,
    );
  }
  if (whole.endsWith('.safetensors')) return openSafetensors(dirname(whole), [basename(whole)]);
  if (whole.endsWith('.index.json'))
    return openSafetensors(dirname(whole), await shardNames(dirname(whole), basename(whole)));
  return openGguf(whole);
}
