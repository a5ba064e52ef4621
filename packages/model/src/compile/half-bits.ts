const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The bits of the nearest number in IEEE half precision, ties to even; what is too large becomes infinite. */
export function halfBits(value: number): number {
  single[0] = value;
  const [whole = 0] = bits;
  const sign = (whole >>> 16) & 0x8000;
  const size = whole & 0x7fffffff;
  // Beyond 65,520 everything rounds to infinity.
  if (size >= 0x477ff000) return sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (size < 0x38800000) return sign | roundHalfEven(Math.abs(value) * 2 ** 24);
  const rounded = size + 0xfff + ((size >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** Numbers in half precision, as bytes. */
export function toHalves(data: Float32Array): Uint8Array {
  const halves = Uint16Array.from(data, halfBits);
  return new Uint8Array(halves.buffer);
}
