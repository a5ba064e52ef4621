import { HalfspaceError } from '@halfspace/core';
import type { ByteSource } from './byte-source.js';
import type { FourBitForm, FourBitMatrix } from './four-bit.js';
import type { Reader, Readers } from './tensor-readers.js';
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

/** A model whose tensors are read by `readers`, from `files`, which are closed with it. */
export function createModelFile(
  about: Pick<ModelFile, 'format' | 'name' | 'path' | 'fingerprint' | 'metadata'>,
  readers: Readers,
  files: readonly ByteSource[],
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
