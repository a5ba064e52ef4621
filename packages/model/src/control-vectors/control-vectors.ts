/**
 * Directions by the block after whose output they are added, as llama.cpp and repeng have them: `direction.N` belongs to block
 * N, from 0, so to the layer N + 1 where 0 is the embedding. llama.cpp has none for block 0.
 */
export interface ControlVectors {
  /** Architecture of the model, such as `llama` or `gemma3`; llama.cpp does not check it. */
  readonly modelHint: string;
  /** Directions by the number in their name; all of one length. */
  readonly directions: ReadonlyMap<number, Float32Array>;
  /** Further words about them, as a file's metadata has them (default: none). */
  readonly notes?: Readonly<Record<string, string>>;
}

/** Bytes of the largest file that is read: more is a model. */
export const LARGEST_FILE = 2 ** 30;
/** Most blocks of a model that are believed. */
export const MOST_BLOCKS = 2 ** 10;

/** The number in the name of a direction; undefined where it is none. */
export function blockOf(name: string): number | undefined {
  const [, digits] = /^direction\.(\d{1,4})$/.exec(name) ?? [];
  const block = Number(digits);
  return digits !== undefined && block < MOST_BLOCKS ? block : undefined;
}
