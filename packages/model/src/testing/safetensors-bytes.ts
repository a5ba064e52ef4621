/** Bytes of a safetensors file: a header (as bytes or text it may be no JSON) and what stands behind it. */
export function safetensorsBytes(header: unknown, data: Uint8Array, announced?: bigint): Buffer {
  const plain = typeof header === 'string' || header instanceof Uint8Array;
  const json = Buffer.from(plain ? (header as string) : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(json.length));
  return Buffer.concat([length, json, data]);
}
