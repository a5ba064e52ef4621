import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { readAll, type ByteSource } from './byte-source.js';
import { fingerprintFile } from './cache.js';
import type { GgufHeader } from './gguf/header.js';
import { FIRST_READ, readGgufHeader } from './gguf/read-header.js';
import { isFile } from './is-file.js';
import { readJsonFile } from './json-file.js';
import { isJsonObject } from './json-object.js';
import { joinParts } from './gguf/join-parts.js';
import { createModelFile, type ModelFile } from './model-file.js';
import {
  nameOfWhole,
  partByName,
  partNames,
  partOfSafetensors,
  partWithoutHeader,
  partWithoutName,
} from './part-of-model.js';
import { hasOnnxExport, onlyOnnx } from './onnx-export.js';
import { findPackedLayers, readPackedConfig } from './safetensors/packed-weights.js';
import { headerLength, parseSafetensorsHeader, SHARD_INDEX } from './safetensors/header.js';
import { describeValue } from './describe-value.js';
import { plainReaders, withPackedLayers, type Stored } from './tensor-readers.js';
import type { MetadataValue } from './weight-tensor.js';

export type { ModelFile } from './model-file.js';

/** The most that one call of the system reads is a little less than two of these. */
const LARGEST_READ = 2 ** 30;

/** Bytes of a file on the disk. */
async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HalfspaceError(
      missing ? 'corrupt-model' : 'model-not-readable',
      missing
        ? `${path} is missing, which belongs to the model. Fetch the model again.`
        : `${path} cannot be opened (${(error as Error).message}).`,
      { cause: error },
    );
  });
  const { size } = await file.stat();
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const most = Math.min(length - done, LARGEST_READ);
        const { bytesRead } = await file.read(bytes, done, most, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    close: async () => file.close(),
  };
}

/** Closes the files that were opened so far when opening fails. */
async function withFiles<T>(paths: readonly string[], use: (files: ByteSource[]) => Promise<T>): Promise<T> {
  const files: ByteSource[] = [];
  try {
    for (const path of paths) files.push(await openFile(path));
    return await use(files);
  } catch (error) {
    await Promise.all(files.map(async (file) => file.close()));
    throw error;
  }
}

/** Some parts of a model have no header that says so. */
async function explainPart(error: unknown, path: string, file: ByteSource): Promise<unknown> {
  const part = partByName(basename(path));
  if (part === undefined || !isHalfspaceError(error, 'corrupt-model')) return error;
  const begin = Buffer.from(await readAll(file, 0, Math.min(file.size, FIRST_READ)));
  // One that says so and cannot be read is damaged.
  return begin.includes('split.count') ? error : partWithoutHeader(basename(path), part, error);
}

async function readPart(path: string, file: ByteSource): Promise<GgufHeader> {
  return readGgufHeader(file).catch(async (error: unknown) => {
    throw await explainPart(error, path, file);
  });
}

/** A part of a GGUF file, or all of it. */
interface OpenPart {
  readonly path: string;
  readonly file: ByteSource;
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
      const { size } = file;
      const length = headerLength(await readAll(file, 0, Math.min(8, size)), size);
      for (const [name, tensor] of parseSafetensorsHeader(await readAll(file, 8, length), size)) {
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
