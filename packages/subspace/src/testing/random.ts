import { createRandom } from '../statistics/random.js';

/** Seeded draws from the standard normal (Box and Muller). */
export function createGaussian(seed: number): () => number {
  const random = createRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Rows of standard normals with a common offset, row-major. */
export function gaussianRows(rows: number, width: number, seed: number, offset = 0): Float64Array {
  const gaussian = createGaussian(seed);
  return Float64Array.from({ length: rows * width }, () => gaussian() + offset);
}
