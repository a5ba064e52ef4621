import { bootstrap, type BootstrapOptions, type Estimate, weightedMean } from '../statistics/bootstrap.js';
import { areSimilar, type Pair, win } from '../data/pairs.js';
import { type MarginTrack, readItems, type Pooling } from './margin-track.js';

/** The margins of two responses to one prompt. */
export type TrackPair = Pair<MarginTrack>;

/** The pairs of some kind and how many of them are won: the chosen one has the larger margin. */
export interface PairsWon {
  /** How many there are. */
  readonly pairs: number;
  /** Share won, a tie counting half, by pooling; without it where there is no such pair. */
  readonly won?: Readonly<Record<PairPooling, Estimate>>;
}

/** The poolings that have one number a response. */
export type PairPooling = Exclude<Pooling, 'every'>;

/** What margins say of pairs, all of them and with the lengths of the two held still. */
export interface PairFigures {
  /** All pairs. */
  readonly all: PairsWon;
  /** Pairs whose lengths in tokens differ by less than 10 % of the longer one. */
  readonly similarLength: PairsWon;
  /** Pairs whose chosen response has more tokens. */
  readonly chosenLonger: PairsWon;
  /** Pairs whose chosen response has fewer tokens. */
  readonly chosenShorter: PairsWon;
  /** Share of the pairs that "the longer one wins" would win, a tie counting half. */
  readonly longerWins: number;
}

/** All {@link PairPooling}s. */
export const PAIR_POOLINGS = ['last', 'mean', 'min'] as const satisfies PairPooling[];

/**
 * How often the chosen response has the larger margin, with bootstrap intervals by the group of the chosen
 * one.
 *
 * @param pairs - At least one.
 */
export function measurePairs(pairs: readonly TrackPair[], options: BootstrapOptions = {}): PairFigures {
  const ahead = pairs.map(({ chosen, rejected }) => chosen.margins.length - rejected.margins.length);
  const won = (holds: (ahead: number, pair: TrackPair) => boolean) =>
    countWon(
      pairs.filter((pair, i) => holds(ahead[i], pair)),
      options,
    );
  return {
    all: won(() => true),
    similarLength: won((_, { chosen, rejected }) =>
      areSimilar(chosen.margins.length, rejected.margins.length),
    ),
    chosenLonger: won((more) => more > 0),
    chosenShorter: won((more) => more < 0),
    longerWins: weightedMean(ahead.map(win))(() => 1),
  };
}

function countWon(pairs: readonly TrackPair[], options: BootstrapOptions): PairsWon {
  if (pairs.length === 0) return { pairs: 0 };
  const groups = pairs.map(({ chosen }) => chosen.group);
  const share = (pooling: PairPooling) => {
    const { margins: chosen } = readItems(
      pairs.map((pair) => pair.chosen),
      pooling,
    );
    const { margins: rejected } = readItems(
      pairs.map((pair) => pair.rejected),
      pooling,
    );
    return bootstrap(groups, weightedMean(pairs.map((_, i) => win(chosen[i] - rejected[i]))), options);
  };
  return {
    pairs: pairs.length,
    won: Object.fromEntries(PAIR_POOLINGS.map((pooling) => [pooling, share(pooling)])) as Record<
      PairPooling,
      Estimate
    >,
  };
}
