function decode(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const HALF = Float32Array.from({ length: 65_536 }, (_, bits) => decode(bits));

/** IEEE half precision, by its sixteen bits, to a number. */
export function half(bits: number): number {
  return HALF[bits];
}
