import { alignUp } from '../placed-tensor.js';

/** A value of GGUF metadata: ggml's number of its type, and its bytes. */
export interface GgufValue {
  readonly type: number;
  readonly body: Uint8Array;
}

/** A tensor to be written: shape row-major, type by ggml's number. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly data: Uint8Array;
  /** Instead of its true offset, to write a damaged file. */
  readonly offset?: number;
}

function packed(length: number, write: (buffer: Buffer) => void): Uint8Array {
  const buffer = Buffer.alloc(length);
  write(buffer);
  return buffer;
}

const u32Bytes = (value: number) => packed(4, (buffer) => buffer.writeUInt32LE(value));
const u64Bytes = (value: number | bigint) => packed(8, (buffer) => buffer.writeBigUInt64LE(BigInt(value)));
const textBytes = (text: string) => {
  const body = Buffer.from(text, 'utf8');
  return Buffer.concat([u64Bytes(body.length), body]);
};

export const u8 = (value: number): GgufValue => ({ type: 0, body: Uint8Array.of(value) });
export const i8 = (value: number): GgufValue => ({ type: 1, body: Uint8Array.of(value) });
export const u16 = (value: number): GgufValue => ({
  type: 2,
  body: packed(2, (buffer) => buffer.writeUInt16LE(value)),
});
export const i16 = (value: number): GgufValue => ({
  type: 3,
  body: packed(2, (buffer) => buffer.writeInt16LE(value)),
});
export const u32 = (value: number): GgufValue => ({ type: 4, body: u32Bytes(value) });
export const i32 = (value: number): GgufValue => ({
  type: 5,
  body: packed(4, (buffer) => buffer.writeInt32LE(value)),
});
export const f32 = (value: number): GgufValue => ({
  type: 6,
  body: packed(4, (buffer) => buffer.writeFloatLE(value)),
});
export const bool = (value: boolean): GgufValue => ({ type: 7, body: Uint8Array.of(value ? 1 : 0) });
export const text = (value: string): GgufValue => ({ type: 8, body: textBytes(value) });
export const array = (
  values: readonly GgufValue[],
  count: number | bigint = values.length,
  type: number = values[0]?.type ?? 0,
): GgufValue => ({
  type: 9,
  body: Buffer.concat([u32Bytes(type), u64Bytes(count), ...values.map(({ body }) => body)]),
});
export const u64 = (value: bigint): GgufValue => ({ type: 10, body: u64Bytes(value) });
export const i64 = (value: bigint): GgufValue => ({
  type: 11,
  body: packed(8, (buffer) => buffer.writeBigInt64LE(value)),
});
export const f64 = (value: number): GgufValue => ({
  type: 12,
  body: packed(8, (buffer) => buffer.writeDoubleLE(value)),
});

/** What a file is made of. Counts can be falsified. */
export interface GgufParts {
  readonly version?: number;
  readonly alignment?: number;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  readonly tensors?: readonly GgufTensor[];
  readonly tensorCount?: number | bigint;
  readonly keyCount?: number | bigint;
}

/** Bytes of a GGUF file, written independently of the reader and with no regard to whether they are valid. */
export function ggufBytes(parts: GgufParts): Buffer {
  const { version = 3, alignment = 32, metadata = {}, tensors = [] } = parts;
  const entries = Object.entries(metadata);
  const chunks: Uint8Array[] = [
    Buffer.from('GGUF'),
    u32Bytes(version),
    u64Bytes(parts.tensorCount ?? tensors.length),
    u64Bytes(parts.keyCount ?? entries.length),
    ...entries.flatMap(([key, { type, body }]) => [textBytes(key), u32Bytes(type), body]),
  ];
  let end = 0;
  for (const { name, shape, type, data, offset } of tensors) {
    const dimensions = [...shape].reverse().map(u64Bytes);
    chunks.push(
      textBytes(name),
      u32Bytes(shape.length),
      ...dimensions,
      u32Bytes(type),
      u64Bytes(offset ?? end),
    );
    end = alignUp(end + data.length, alignment);
  }
  const header = Buffer.concat(chunks);
  const padding = (length: number) => Buffer.alloc(alignUp(length, alignment) - length);
  const weights = tensors.flatMap(({ data }, index) =>
    index + 1 < tensors.length ? [data, padding(data.length)] : [data],
  );
  return Buffer.concat([header, ...(tensors.length > 0 ? [padding(header.length)] : []), ...weights]);
}
