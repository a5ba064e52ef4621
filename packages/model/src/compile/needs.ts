import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Registry } from '@halfspace/core';
import { cacheDirectory } from '../cache.js';
import type { ModelFile } from '../weights.js';
import { hasFourBits } from './bytes-of-weights.js';
import { architectureOf, buildGraphs } from './build-graphs.js';
import { placedBy } from './compile.js';
import { bytesOfGraphs } from './graph-cache.js';
import { COMPILED, placeName } from './graphs-place.js';
import type { Precision } from './precision.js';
import type { KvCache } from './trunk.js';

/** What a model needs in an arithmetic. */
export interface ArithmeticNeeds {
  /** Bytes of its graphs in the cache. */
  readonly disk: number;
  /** Bytes of memory that its weights take when they are loaded. */
  readonly memory: number;
  /** Bytes of memory that the keys and values of a token take. */
  readonly keyValueBytes: number;
  /** Whether the graphs are in the cache already. */
  readonly compiled: boolean;
}

/** What a model needs of a machine. */
export interface ModelNeeds {
  /** Of each arithmetic, the most exact first; without `int4` where the file has no weights of four bits. */
  readonly arithmetics: Readonly<Partial<Record<Precision, ArithmeticNeeds>>>;
  /** The most tokens of a text. */
  readonly contextLength: number;
  /** Seconds of processor time that compiling takes, about, in any arithmetic. */
  readonly compileSeconds: number;
}

/** Settings of {@link modelNeeds}. */
export interface NeedsOptions {
  /** Where compiled models are kept (default: {@link cacheDirectory}). */
  readonly cache?: string;
  /** Where the model's family is looked up (default: those of this package alone). */
  readonly registry?: Registry;
  /** How keys and values are kept between calls (default, as backends do: `f32` in that arithmetic, else `f16`). */
  readonly kvCache?: KvCache;
}

/** Bytes of a number of keys and values. */
const KEY_VALUE_BYTES: Readonly<Record<KvCache, number>> = { f32: 4, f16: 2 };
/** Memory that a byte of graphs takes: the runtime adds the sums of blocks to what has eight bits or four. */
const MEMORY: Readonly<Record<Precision, number>> = { f32: 1, int8: 1.06, int4: 1.15 };
/** Of a weight, on a processor of today. */
const COMPILE_NANOSECONDS = 10;

/**
 * What a model needs in each arithmetic, found out by building its graphs without their numbers: in a fraction of a second, and
 * with no memory to speak of.
 *
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`
 */
export async function modelNeeds(model: ModelFile, options: NeedsOptions = {}): Promise<ModelNeeds> {
  const { cache = cacheDirectory(), registry } = options;
  const architecture = await architectureOf(model, registry);
  const { layers, keyValueHeads, headWidth, contextLength } = architecture;
  const keyValues = layers * 2 * keyValueHeads * headWidth;
  const needsIn = async (precision: Precision): Promise<ArithmeticNeeds> => {
    const kvCache = options.kvCache ?? (precision === 'f32' ? 'f32' : 'f16');
    const disk = await bytesOfGraphs(async (sink) =>
      buildGraphs(model, architecture, precision, kvCache, sink),
    );
    const place = join(cache, COMPILED, placeName(model, placedBy(architecture, kvCache), precision));
    const compiled = await stat(place).then(
      () => true,
      () => false,
    );
    const memory = Math.ceil(disk * MEMORY[precision]);
    return { disk, memory, keyValueBytes: keyValues * KEY_VALUE_BYTES[kvCache], compiled };
  };
  const weights = [...model.tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  return {
    arithmetics: {
      f32: await needsIn('f32'),
      int8: await needsIn('int8'),
      ...([...model.tensors.values()].some(hasFourBits) && { int4: await needsIn('int4') }),
    },
    contextLength,
    compileSeconds: (weights * COMPILE_NANOSECONDS) / 1e9,
  };
}
