import { createBlockScatter } from './block-scatter.js';
import { dot } from '../linear-algebra/dot.js';

/** Rows that are summed at once. */
const BLOCK = 128;

/**
 * What a fit needs to know of a set of vectors: sufficient statistics, of a size that does not depend
 * on the number of vectors. All sums are about the mean μ and in double precision, so that a large
 * common offset costs no accuracy. The arrays are live: copy them to keep them while more is added.
 */
export interface Moments {
  /** Numbers in a vector. */
  readonly width: number;
  /** Number of vectors; a sum of weights where they were weighted. */
  readonly count: number;
  /** μ; zeros when there is no vector. */
  readonly mean: Float64Array;
  /** Σ (x − μ)(x − μ)ᵀ, row-major [width, width], symmetric. Divide by the count for the covariance. */
  readonly scatter: Float64Array;
  /** Σ ‖x − μ‖² (x − μ). Needed to move {@link Moments.fourth} to another mean. */
  readonly third: Float64Array;
  /** Σ ‖x − μ‖⁴. Needed for the shrinkage of Ledoit and Wolf. */
  readonly fourth: number;
  /**
   * Adds vectors, row-major [rows, width]. They must be finite.
   *
   * @param weight - How often each counts, above 0; need not be whole (default 1).
   * @throws RangeError when that is not a whole number of vectors.
   */
  add(rows: Float32Array | Float64Array, weight?: number): void;
  /** Sums up the vectors that wait for others to be summed at once with. Reading does so too. */
  settle(): void;
}

/** The numbers of {@link Moments}. */
export type MomentSums = Omit<Moments, 'add' | 'settle'>;

/** The sums themselves. Of `scatter` only the upper triangle is kept up to date. */
interface Sums {
  count: number;
  readonly mean: Float64Array;
  readonly scatter: Float64Array;
  readonly third: Float64Array;
  fourth: number;
}

/** Moments of no vectors yet, of a given width. */
export function createMoments(width: number): Moments {
  return over(emptySums(width), width);
}

/**
 * The moments of two sets together, as if they had been added to one; both stay as they are. Sets
 * fitted apart therefore fit as one (Chan, Golub and LeVeque 1979, carried on to the fourth moment).
 *
 * @throws RangeError when the widths differ.
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.width !== b.width) throw new RangeError(`cannot merge moments of widths ${a.width} and ${b.width}`);
  const sums = emptySums(a.width);
  for (const part of [a, b]) {
    const { count, mean, scatter, third, fourth } = part;
    absorb(sums, { count, mean, scatter, third, fourth }, part.width);
  }
  return over(sums, a.width);
}

/**
 * The moments as they would be if each vector counted `weight` times. What was given stays as it is.
 *
 * @param weight - Above 0; need not be whole.
 */
export function weightMoments(moments: Moments, weight: number): Moments {
  const { width, count, mean, scatter, third, fourth } = moments;
  return over(
    {
      count: weight * count,
      mean: mean.slice(),
      scatter: scatter.map((value) => weight * value),
      third: third.map((value) => weight * value),
      fourth: weight * fourth,
    },
    width,
  );
}

/** Moments that were taken down before, to be added to; the numbers are copied. */
export function restoreMoments({ width, count, mean, scatter, third, fourth }: MomentSums): Moments {
  const sums = { count, mean: mean.slice(), scatter: scatter.slice(), third: third.slice(), fourth };
  return over(sums, width);
}

function emptySums(width: number): Sums {
  return {
    count: 0,
    mean: new Float64Array(width),
    scatter: new Float64Array(width * width),
    third: new Float64Array(width),
    fourth: 0,
  };
}

function over(sums: Sums, width: number): Moments {
  let waiting: Float64Array | undefined;
  const weights = new Float64Array(BLOCK);
  let rows = 0;

  function settle(): Sums {
    if (rows > 0 && waiting !== undefined) {
      const { sums: block, stride } = blockSummer(width)(waiting, weights.subarray(0, rows));
      absorb(sums, block, stride);
      rows = 0;
    }
    return sums;
  }

  return {
    width,
    get count() {
      let count = sums.count;
      for (let row = 0; row < rows; row++) count += weights[row];
      return count;
    },
    get mean() {
      return settle().mean;
    },
    get scatter() {
      return mirrored(settle().scatter, width);
    },
    get third() {
      return settle().third;
    },
    get fourth() {
      return settle().fourth;
    },
    settle: () => void settle(),
    add(added, weight = 1) {
      if (added.length % width !== 0) {
        throw new RangeError(`${added.length} numbers are not a whole number of vectors of width ${width}`);
      }
      for (let at = 0; at < added.length;) {
        const take = Math.min(BLOCK - rows, (added.length - at) / width);
        waiting ??= new Float64Array(BLOCK * width);
        waiting.set(added.subarray(at, at + take * width), rows * width);
        weights.fill(weight, rows, rows + take);
        rows += take;
        at += take * width;
        if (rows === BLOCK) settle();
      }
    },
  };
}

/** Sums of some rows, each with its weight; it changes the rows. */
type BlockSummer = (block: Float64Array, weights: Float64Array) => { sums: Sums; stride: number };

/** By width: they have much room of their own, hold nothing between two calls, and a fit has many moments. */
const summers = new Map<number, BlockSummer>();

function blockSummer(width: number): BlockSummer {
  const summer = summers.get(width) ?? createBlockSummer(width);
  summers.set(width, summer);
  return summer;
}

function createBlockSummer(width: number): BlockSummer {
  const scatter = createBlockScatter(width, BLOCK);
  return (block, weights) => {
    const count = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = centre(block, weights, count, width);
    const third = new Float64Array(width);
    let fourth = 0;
    weights.forEach((weight, row) => {
      const start = row * width;
      let square = 0;
      for (let i = 0; i < width; i++) square += block[start + i] ** 2;
      for (let i = 0; i < width; i++) third[i] += weight * square * block[start + i];
      fourth += weight * square ** 2;
      if (weight === 1) return;
      const root = Math.sqrt(weight);
      for (let i = 0; i < width; i++) block[start + i] *= root;
    });
    return {
      sums: { count, mean, scatter: scatter.of(block, weights.length), third, fourth },
      stride: scatter.stride,
    };
  };
}

function centre(block: Float64Array, weights: Float64Array, count: number, width: number): Float64Array {
  const mean = new Float64Array(width);
  weights.forEach((weight, row) => {
    for (let i = 0; i < width; i++) mean[i] += weight * block[row * width + i];
  });
  for (let i = 0; i < width; i++) mean[i] /= count;
  for (let start = 0; start < weights.length * width; start += width) {
    for (let i = 0; i < width; i++) block[start + i] -= mean[i];
  }
  return mean;
}

/** Adds the sums of other vectors, whose scatter has rows of `stride` numbers. */
function absorb(into: Sums, from: Readonly<Sums>, stride: number): void {
  const width = into.mean.length;
  const count = into.count + from.count;
  if (from.count === 0) return;
  const gap = into.mean.map((mean, i) => from.mean[i] - mean);
  const there = shifted(into, width, gap, from.count / count);
  const here = shifted(from, stride, gap, -into.count / count);
  for (let i = 0; i < width; i++) into.third[i] = there.third[i] + here.third[i];
  into.fourth = there.fourth + here.fourth;
  const share = into.count / count;
  for (let i = 0; i < width; i++) {
    const pull = from.count * share * gap[i];
    for (let j = i; j < width; j++) {
      into.scatter[i * width + j] += from.scatter[i * stride + j] + pull * gap[j];
    }
  }
  for (let i = 0; i < width; i++) into.mean[i] += (gap[i] * from.count) / count;
  into.count = count;
}

/**
 * The third and fourth moment about μ + d instead of μ, for d = fraction · gap. With y = x − μ, and
 * Σ y = 0, expanding ‖y − d‖² = ‖y‖² − 2 y·d + ‖d‖² gives
 * Σ ‖y−d‖⁴ = Σ‖y‖⁴ − 4 d·Σ‖y‖²y + 4 dᵀS d + 2‖d‖² tr S + n‖d‖⁴ and
 * Σ ‖y−d‖²(y−d) = Σ‖y‖²y − 2 S d − (tr S + n‖d‖²) d.
 */
function shifted(
  { count, scatter, third, fourth }: Readonly<Sums>,
  stride: number,
  gap: Float64Array,
  fraction: number,
): { third: Float64Array; fourth: number } {
  const d = gap.map((value) => value * fraction);
  const moved = symmetricProduct(scatter, stride, d);
  let trace = 0;
  for (let i = 0; i < d.length; i++) trace += scatter[i * stride + i];
  const square = dot(d, d);
  return {
    third: third.map((value, i) => value - 2 * moved[i] - (trace + count * square) * d[i]),
    fourth: fourth - 4 * dot(d, third) + 4 * dot(d, moved) + 2 * square * trace + count * square ** 2,
  };
}

/** S · d, of the upper triangle of S. */
function symmetricProduct(scatter: Float64Array, stride: number, d: Float64Array): Float64Array {
  const product = new Float64Array(d.length);
  for (let i = 0; i < d.length; i++) {
    let sum = scatter[i * stride + i] * d[i];
    for (let j = i + 1; j < d.length; j++) {
      const value = scatter[i * stride + j];
      sum += value * d[j];
      product[j] += value * d[i];
    }
    product[i] += sum;
  }
  return product;
}

function mirrored(scatter: Float64Array, width: number): Float64Array {
  for (let i = 1; i < width; i++) {
    for (let j = 0; j < i; j++) scatter[i * width + j] = scatter[j * width + i];
  }
  return scatter;
}
