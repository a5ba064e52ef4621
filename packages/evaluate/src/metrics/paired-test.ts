import { createRandom } from '@halfspace/subspace';

/** Most pairs whose sign flips are all gone through; of more, as many are drawn. */
const EXACT_PAIRS = 14;
/** Sign flips that are drawn. */
const DRAWS = 10_000;

/** What a paired test came to. */
export interface PairedTest {
  /** Mean of the differences. */
  readonly difference: number;
  /** Two-sided: how probable a difference at least this large is if the two were exchangeable in every pair. */
  readonly p: number;
}

/**
 * Sign-flip permutation test of paired numbers: if two methods were alike, each pair's difference could as well have
 * the other sign. All flips of up to 14 pairs; of more, 10,000 drawn ones, and then p is never below 1/10,001.
 *
 * @param differences - One a pair, without those that have no meaning.
 */
export function pairedTest(differences: readonly number[]): PairedTest {
  const observed = sum(differences);
  // So that a flip which rounds differently from the observed sum still counts as it.
  const bar = Math.abs(observed) - 1e-9 * sum(differences.map(Math.abs));
  const p = differences.length <= EXACT_PAIRS ? exactShare(differences, bar) : drawnShare(differences, bar);
  return { difference: observed / differences.length, p };
}

function exactShare(differences: readonly number[], bar: number): number {
  const flips = 2 ** differences.length;
  let extreme = 0;
  for (let flip = 0; flip < flips; flip++) {
    const flipped = differences.reduce((total, value, i) => total + ((flip >> i) & 1 ? -value : value), 0);
    if (Math.abs(flipped) >= bar) extreme++;
  }
  return extreme / flips;
}

function drawnShare(differences: readonly number[], bar: number): number {
  const random = createRandom(0);
  const sums = signedSums(differences);
  const groups = sums.length / SIGNS;
  let extreme = 1;
  for (let draw = 0; draw < DRAWS; draw++) {
    let flipped = 0;
    let signs = 0;
    for (let group = 0; group < groups; group++) {
      // A number of the source has 32 bits: signs for four groups.
      if (group % 4 === 0) signs = random() * 2 ** 32;
      flipped += sums[group * SIGNS + ((signs >>> (8 * (group % 4))) % SIGNS)];
    }
    if (Math.abs(flipped) >= bar) extreme++;
  }
  return extreme / (DRAWS + 1);
}

/** Ways to give signs to eight differences. */
const SIGNS = 256;

/** The sums of every eight differences with all their signs, so that a draw adds eight at once. */
function signedSums(differences: readonly number[]): Float64Array {
  const groups = Math.ceil(differences.length / 8);
  return Float64Array.from({ length: groups * SIGNS }, (_, place) => {
    const first = 8 * Math.floor(place / SIGNS);
    const some = differences.slice(first, first + 8);
    return some.reduce((total, value, i) => total + ((place >> i) & 1 ? -value : value), 0);
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
