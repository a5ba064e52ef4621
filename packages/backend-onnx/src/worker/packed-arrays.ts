/** Numbers that backends answer with. */
type Numbers = Float32Array | Float64Array | Int32Array;

const KINDS = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;

/** Every part begins where numbers of each kind may. */
const ALIGNMENT = 8;

/** Lists of numbers that lie in one buffer, which moves from thread to thread as it is. */
export interface PackedArrays {
  readonly buffer: ArrayBuffer;
  /** Kind and length of each, in order. */
  readonly parts: readonly (readonly [kind: keyof typeof KINDS, length: number])[];
}

function kindOf(numbers: Numbers): keyof typeof KINDS {
  if (numbers instanceof Float32Array) return 'f32';
  return numbers instanceof Float64Array ? 'f64' : 'i32';
}

const paddedBytes = (kind: keyof typeof KINDS, length: number) =>
  Math.ceil((length * KINDS[kind].BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;

/** Copies lists of numbers into one buffer of their own. */
export function packArrays(arrays: readonly Numbers[]): PackedArrays {
  const parts = arrays.map((each) => [kindOf(each), each.length] as const);
  const bytes = parts.reduce((sum, [kind, length]) => sum + paddedBytes(kind, length), 0);
  const buffer = new ArrayBuffer(bytes);
  unpackArrays({ buffer, parts }).forEach((place, index) => place.set(arrays[index] ?? []));
  return { buffer, parts };
}

/** The lists, as views of their buffer. */
export function unpackArrays({ buffer, parts }: PackedArrays): Numbers[] {
  let at = 0;
  return parts.map(([kind, length]) => {
    const place = new KINDS[kind](buffer, at, length);
    at += paddedBytes(kind, length);
    return place;
  });
}
