/**
 * The four wire shapes of protobuf that ONNX needs, written by hand: a library would bring a schema
 * compiler and a run time for what are sixty lines.
 */
export type Field = Uint8Array;

const text = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

/** Joins byte arrays. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** An integer field (wire type 0). */
export function int(field: number, value: number): Field {
  return Uint8Array.from([...varint(field << 3), ...varint(value)]);
}

/** A 32-bit float field (wire type 5). */
export function float(field: number, value: number): Field {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concatBytes([Uint8Array.from(varint((field << 3) | 5)), bytes]);
}

/** A bytes field (wire type 2). */
export function bytes(field: number, value: Uint8Array): Field {
  return concatBytes([Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)]), value]);
}

/** A string field (wire type 2). */
export function string(field: number, value: string): Field {
  return bytes(field, text.encode(value));
}

/** An embedded message (wire type 2). */
export function message(field: number, fields: readonly Field[]): Field {
  return bytes(field, concatBytes(fields));
}
