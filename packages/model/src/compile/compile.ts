import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { createGraph, type WeightSink } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { describeArchitecture } from './families.js';
import { buildHead } from './head.js';
import { storeMatrix, type Precision } from './linear.js';
import { buildTrunk, readMatrix } from './trunk.js';

/** Raised whenever the graphs change, so that older ones are not used any more. */
const COMPILER_VERSION = 1;

/** A model as ONNX graphs on disk. */
export interface CompiledModel {
  readonly architecture: Architecture;
  readonly precision: Precision;
  /** Path of the trunk's graph. */
  readonly trunk: string;
  /** Path of the output head's graph. */
  readonly head: string;
}

/** Settings of {@link compileModel}. */
export interface CompileOptions {
  readonly precision: Precision;
  /** Directory that keeps compiled models. */
  readonly cache: string;
  readonly signal?: AbortSignal;
  /** Called with the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

async function createSink(
  path: string,
  onBytes: (written: number) => void,
): Promise<WeightSink & { close(): Promise<void> }> {
  const file: FileHandle = await open(path, 'wx');
  let end = 0;
  return {
    location: 'weights.bin',
    async append(data) {
      const offset = end;
      // ONNX Runtime maps constants into memory where they start on a page.
      end += Math.ceil(data.length / 4096) * 4096;
      let written = 0;
      while (written < data.length) {
        written += (await file.write(data, written, data.length - written, offset + written)).bytesWritten;
      }
      onBytes(data.length);
      return offset;
    },
    async close() {
      await file.truncate(end);
      await file.close();
    },
  };
}

async function build(
  directory: string,
  model: ModelFile,
  architecture: Architecture,
  options: CompileOptions,
): Promise<void> {
  const total = [...model.tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const size = options.precision === 'f32' ? 4 : 1.125;
  let done = 0;
  const sink = await createSink(join(directory, 'weights.bin'), (written) => {
    throwIfAborted(options.signal);
    done += written;
    options.onProgress?.(Math.min(1, done / (total * size)));
  });
  try {
    const { weights } = architecture;
    const trunk = createGraph('trunk', sink);
    const head = createGraph('head', sink);
    const embedding = await storeMatrix(
      trunk,
      'embedding',
      await readMatrix(model, weights.embedding),
      options.precision,
    );
    const tied = weights.head === weights.embedding;
    if (tied)
      head.share(
        trunk,
        embedding.precision === 'f32' ? [embedding.values] : [embedding.values, embedding.scales],
      );
    buildHead(
      head,
      architecture,
      tied
        ? embedding
        : await storeMatrix(head, 'head', await readMatrix(model, weights.head), options.precision),
    );
    await buildTrunk(trunk, model, architecture, options.precision, embedding);
    await writeFile(join(directory, 'trunk.onnx'), trunk.toBytes());
    await writeFile(join(directory, 'head.onnx'), head.toBytes());
  } finally {
    await sink.close();
  }
}

async function fileSizes(directory: string): Promise<Record<string, number>> {
  const names = ['trunk.onnx', 'head.onnx', 'weights.bin'];
  const sizes = await Promise.all(
    names.map(async (name) => [name, (await stat(join(directory, name))).size] as const),
  );
  return Object.fromEntries(sizes);
}

async function isWhole(directory: string): Promise<boolean> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
    return JSON.stringify(manifest) === JSON.stringify(await fileSizes(directory));
  } catch {
    return false;
  }
}

function explain(error: unknown, cache: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HalfspaceError(
      'disk-full',
      `There is no room left in ${cache} for the compiled model. Free some space or set HALFSPACE_CACHE to another directory.`,
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new HalfspaceError(
      'cache-not-writable',
      `Cannot write to ${cache}. Set HALFSPACE_CACHE to a directory of yours.`,
      { cause: error },
    );
  }
  return error;
}

/**
 * Compiles a model to ONNX graphs, once: what is in the cache and whole is used again. Graphs are built
 * beside their place and renamed, so that an interrupted or failed compilation leaves nothing behind.
 *
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`, `disk-full`, `cache-not-writable`, `aborted`
 */
export async function compileModel(model: ModelFile, options: CompileOptions): Promise<CompiledModel> {
  const architecture = await describeArchitecture(model);
  const place = join(
    options.cache,
    'compiled',
    `${model.fingerprint.slice(0, 16)}-${options.precision}-v${COMPILER_VERSION}`,
  );
  const compiled = {
    architecture,
    precision: options.precision,
    trunk: join(place, 'trunk.onnx'),
    head: join(place, 'head.onnx'),
  };
  if (await isWhole(place)) return compiled;
  throwIfAborted(options.signal);
  const temporary = `${place}.${randomUUID()}.partial`;
  try {
    await mkdir(temporary, { recursive: true });
    await build(temporary, model, architecture, options);
    await writeFile(join(temporary, 'manifest.json'), JSON.stringify(await fileSizes(temporary)));
    await mkdir(dirname(place), { recursive: true });
    if (!(await isWhole(place))) {
      await rm(place, { recursive: true, force: true });
      await rename(temporary, place).catch(async (error: unknown) => {
        // Another process may have finished the same work first.
        if (!(await isWhole(place))) throw error;
      });
    }
  } catch (error) {
    throw explain(error, options.cache);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
  return compiled;
}
