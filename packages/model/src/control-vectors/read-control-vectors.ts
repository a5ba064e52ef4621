import { readFile, stat } from 'node:fs/promises';
import { HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { dequantize, isFloatType } from '../dequantize.js';
import { OutOfBytes } from '../gguf/byte-reader.js';
import { parseGgufHeader } from '../gguf/header.js';
import type { PlacedTensor } from '../placed-tensor.js';
import { headerLength, parseSafetensorsHeader } from '../safetensors/header.js';
import { blockOf, type ControlVectors, LARGEST_FILE } from './control-vectors.js';

/**
 * Reads directions from a GGUF control vector, as llama.cpp, its cvector-generator and repeng write them, or from safetensors with
 * the tensors `direction.N`.
 *
 * @throws HalfspaceError `file-not-found`, `bad-control-vector`
 */
export async function readControlVectors(path: string): Promise<ControlVectors> {
  const bytes = await readBytes(path);
  try {
    const { tensors, architecture, modelHint } = parse(bytes);
    if (architecture !== undefined && architecture !== 'controlvector')
      throw bad(path, `it is a GGUF file of the architecture "${architecture}"`);
    const directions = new Map<number, Float32Array>();
    for (const tensor of tensors) {
      const block = blockOf(tensor.name);
      if (block !== undefined) directions.set(block, numbersOf(bytes, tensor, path));
    }
    const lengths = new Set([...directions.values()].map(({ length }) => length));
    if (lengths.size === 0) throw bad(path, 'it has no tensor that is called direction.N');
    if (lengths.size > 1) throw bad(path, 'its directions are not of one length');
    return { modelHint, directions: new Map([...directions].sort(([a], [b]) => a - b)) };
  } catch (error) {
    if (error instanceof OutOfBytes) throw bad(path, 'it ends too early', error);
    if (isHalfspaceError(error, 'corrupt-model') || isHalfspaceError(error, 'unsupported-model'))
      throw bad(path, error.message.replace(/\.$/, ''), error);
    throw error;
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) throw bad(path, 'it is larger than directions of any model');
    return await readFile(path);
  } catch (error) {
    if (isHalfspaceError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HalfspaceError('file-not-found', `Cannot read ${path}: ${reason}.`, { cause: error });
  }
}

function parse(bytes: Buffer): {
  readonly tensors: readonly PlacedTensor[];
  readonly architecture: string | undefined;
  readonly modelHint: string;
} {
  if (bytes.subarray(0, 4).toString('latin1') === 'GGUF') {
    const { metadata, tensors } = parseGgufHeader(bytes, bytes.length);
    const [architecture, hint] = ['general.architecture', 'controlvector.model_hint'].map((key) =>
      metadata.get(key),
    );
    return {
      tensors: [...tensors.values()],
      architecture: typeof architecture === 'string' ? architecture : '',
      modelHint: typeof hint === 'string' ? hint : '',
    };
  }
  const length = headerLength(bytes, bytes.length);
  const header = bytes.subarray(8, 8 + length);
  return {
    tensors: [...parseSafetensorsHeader(header, bytes.length).values()],
    architecture: undefined,
    modelHint: '',
  };
}

function numbersOf(
  bytes: Buffer,
  { name, type, shape, offset, length }: PlacedTensor,
  path: string,
): Float32Array {
  if (shape.length !== 1) throw bad(path, `${name} is no vector`);
  if (!isFloatType(type)) throw bad(path, `${name} is stored as ${type}`);
  const numbers = dequantize(type, bytes.subarray(offset, offset + length));
  if (!numbers.every(Number.isFinite)) throw bad(path, `${name} has numbers that are not finite`);
  return numbers;
}

function bad(path: string, fault: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError('bad-control-vector', `${path} cannot be used as a control vector: ${fault}.`, {
    cause,
  });
}
