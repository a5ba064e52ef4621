/** How a number type is stored: `bytes` bytes hold `elements` consecutive numbers of a row. */
interface Layout {
  readonly elements: number;
  readonly bytes: number;
}

/** Storage of every tensor type that the readers know; block formats as ggml defines them; of packed layers the quants alone. */
const LAYOUTS = {
  F64: { elements: 1, bytes: 8 },
  F32: { elements: 1, bytes: 4 },
  F16: { elements: 1, bytes: 2 },
  BF16: { elements: 1, bytes: 2 },
  I64: { elements: 1, bytes: 8 },
  I32: { elements: 1, bytes: 4 },
  I16: { elements: 1, bytes: 2 },
  I8: { elements: 1, bytes: 1 },
  Q4_0: { elements: 32, bytes: 18 },
  Q4_1: { elements: 32, bytes: 20 },
  Q5_0: { elements: 32, bytes: 22 },
  Q5_1: { elements: 32, bytes: 24 },
  Q8_0: { elements: 32, bytes: 34 },
  Q2_K: { elements: 256, bytes: 84 },
  Q3_K: { elements: 256, bytes: 110 },
  Q4_K: { elements: 256, bytes: 144 },
  Q5_K: { elements: 256, bytes: 176 },
  Q6_K: { elements: 256, bytes: 210 },
  IQ4_NL: { elements: 32, bytes: 18 },
  IQ4_XS: { elements: 256, bytes: 136 },
  MXFP4: { elements: 32, bytes: 17 },
  AWQ4: { elements: 8, bytes: 4 },
  GPTQ4: { elements: 8, bytes: 4 },
} as const satisfies Record<string, Layout>;

/**
 * Number type of a tensor as stored: plain floats and integers, ggml's block-quantised formats, and the four-bit layouts of AWQ
 * and GPTQ.
 *
 * @useDeclaredType
 */
export type TensorType = keyof typeof LAYOUTS;

/** Numbers in one block of a type: 1 for plain types, 32 or 256 for quantised ones. */
export function blockElements(type: TensorType): number {
  return LAYOUTS[type].elements;
}

/** Bytes of one block of a type. */
export function blockBytes(type: TensorType): number {
  return LAYOUTS[type].bytes;
}

/** Bytes that `elements` numbers take; `elements` must be whole blocks. */
export function byteLength(type: TensorType, elements: number): number {
  return (elements / LAYOUTS[type].elements) * LAYOUTS[type].bytes;
}
