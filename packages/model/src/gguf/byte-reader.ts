import { HalfspaceError } from '@halfspace/core';
import { utf8Text } from '../utf8.js';

/** Reads little-endian values one after another from bytes that are not trusted. */
export interface ByteReader {
  readonly position: number;
  /** Bytes from here to the end of the file. */
  readonly left: number;
  u8(): number;
  u32(): number;
  i32(): number;
  /** Counts values of arrays against the most that may be read. */
  spend(values: number): void;
  /** A 64-bit count or offset, checked to be an exact number. */
  size(what: string): number;
  u64(): number | bigint;
  i64(): number | bigint;
  i8(): number;
  u16(): number;
  i16(): number;
  f32(): number;
  f64(): number;
  string(): string;
}

/** Thrown when a header goes on past the bytes at hand, which may be a part of the file. */
export class OutOfBytes extends Error {}

function exact(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

/** A reader over `bytes`, the beginning of a file of `fileSize` bytes, for at most `mostValues` values of arrays. */
export function createByteReader(bytes: Uint8Array, fileSize: number, mostValues: number): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  let valuesLeft = mostValues;

  /** Steps over `length` bytes; returns where they begin. */
  function take(length: number): number {
    if (length > reader.left) {
      throw new HalfspaceError(
        'corrupt-model',
        `The file ends before its header does: ${length} bytes are announced at ${position} of ${fileSize}. Fetch it again.`,
      );
    }
    if (position + length > bytes.length) throw new OutOfBytes();
    const start = position;
    position += length;
    return start;
  }

  const reader: ByteReader = {
    get position() {
      return position;
    },
    get left() {
      return fileSize - position;
    },
    spend(values) {
      valuesLeft -= values;
      if (valuesLeft >= 0) return;
      throw new HalfspaceError(
        'corrupt-model',
        `The file announces arrays of more than ${mostValues} values, which no model has. Fetch it again.`,
      );
    },
    u8: () => view.getUint8(take(1)),
    i8: () => view.getInt8(take(1)),
    u16: () => view.getUint16(take(2), true),
    i16: () => view.getInt16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    i32: () => view.getInt32(take(4), true),
    f32: () => view.getFloat32(take(4), true),
    f64: () => view.getFloat64(take(8), true),
    u64: () => exact(view.getBigUint64(take(8), true)),
    i64: () => exact(view.getBigInt64(take(8), true)),
    size(what) {
      const start = take(8);
      // Twice as fast as by way of a bigint, and every text begins with a size.
      const value = view.getUint32(start, true) + 2 ** 32 * view.getUint32(start + 4, true);
      if (Number.isSafeInteger(value)) return value;
      throw new HalfspaceError(
        'corrupt-model',
        `The file announces ${what} of ${value}, which no file can hold. Fetch it again.`,
      );
    },
    string() {
      const length = reader.size('a text');
      const start = take(length);
      return utf8Text(bytes.subarray(start, start + length));
    },
  };
  return reader;
}
