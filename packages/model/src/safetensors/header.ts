import { HalfspaceError } from '@halfspace/core';
import { beyondBounds } from '../json-bounds.js';
import { checkPlaces, type PlacedTensor } from '../placed-tensor.js';
import { describeValue } from '../describe-value.js';
import { byteLength, type TensorType } from '../tensor-type.js';

const TYPES: ReadonlyMap<unknown, TensorType> = new Map<unknown, TensorType>(
  (['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8'] as const).map((type) => [type, type]),
);
/** Names the file of every tensor, where there are several files. */
export const SHARD_INDEX = 'model.safetensors.index.json';

/** A tensor takes some ten values; the largest files have some thousand tensors. */
const BOUNDS = { deepest: Infinity, most: 2 ** 21 };

/** The format's own limit. */
const LARGEST_HEADER = 100_000_000;

function corrupt(what: string): HalfspaceError {
  return new HalfspaceError('corrupt-model', `The safetensors file is damaged: ${what}. Fetch it again.`);
}

/** Length of the JSON header, from the first eight bytes of a file. */
export function headerLength(prefix: Uint8Array, fileSize: number): number {
  if (prefix.length < 8) throw corrupt('it is shorter than its header');
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(LARGEST_HEADER, fileSize - 8)))
    throw corrupt(`its header claims ${length} bytes`);
  return Number(length);
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseTensor(name: string, entry: unknown, start: number): PlacedTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const type = TYPES.get(dtype);
  if (type === undefined) {
    throw new HalfspaceError(
      'unsupported-model',
      `The tensor ${name} is stored as ${describeValue(dtype)}, which Halfspace does not read. Take a GGUF file of the model, or one that is not quantised.`,
    );
  }
  if (!Array.isArray(shape) || shape.length > 8 || !shape.every(isSize))
    throw corrupt(`the shape of ${name} is none`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw corrupt(`${name} has no place`);
  const [from = 0, to = 0] = offsets as number[];
  const length = byteLength(
    type,
    shape.reduce((product, size) => product * size, 1),
  );
  if (to - from !== length) throw corrupt(`${name} has ${to - from} bytes where its shape needs ${length}`);
  return { name, shape, type, offset: start + from, length };
}

/**
 * The tensors that a safetensors header lists, every place checked against the size of the file.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function parseSafetensorsHeader(
  json: Uint8Array,
  fileSize: number,
): ReadonlyMap<string, PlacedTensor> {
  const beyond = beyondBounds(json, BOUNDS);
  if (beyond !== undefined) throw corrupt(`of its header, ${beyond}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    throw new HalfspaceError(
      'corrupt-model',
      'The header of the safetensors file is no JSON. Fetch it again.',
      { cause: error },
    );
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw corrupt('its header is no object');
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseTensor(name, entry, 8 + json.length));
  checkPlaces(tensors, { start: 8 + json.length, fileSize, alignment: 1 }, corrupt);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}
