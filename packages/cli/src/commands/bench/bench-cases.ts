import {
  type Backend,
  createHalfspace,
  type DecodeOptions,
  isHalfspaceError,
  tuneWeights,
} from '@halfspace/core';
import type { BenchFlags } from './flags.js';
import type { WeightedAttribute } from '../../attributes/load-attributes.js';

/** Nats a token that steered decoding is timed at, about. */
const KL_LEVELS = [0.05, 0.15, 0.5];

/** The one of them at which many completions are timed, and how many. */
const KL_TOGETHER = 0.15;
export const TOGETHER = 25;

/** How many ways there are for one completion and for many together, at most. */
export function waysOf(attributes: number): { readonly alone: number; readonly together: number } {
  return { alone: 2 + attributes + 3 * KL_LEVELS.length, together: 3 };
}

/** Times the weights that spend a budget without one: enough for it to be spent nearly everywhere. */
const BEYOND = 4;

/** Completions of the prompt on which weights are tuned to such a level: more where they are timed in more rounds, and figures are worth it. */
const MOST_TUNED_ON = 25;
const FEWEST_TUNED_ON = 4;
const TUNING_SEED = 1000;

/** Times that such a level is tuned for at most: with all layers that subspaces read and with early ones, three rounds each. */
const TUNINGS = 2 * KL_LEVELS.length;
const ROUNDS = 3;

/** One way to decode. */
export interface BenchCase {
  /** For people; each has another. */
  readonly name: string;
  /** None for plain decoding. */
  readonly attributes: readonly WeightedAttribute<number>[];
  /** Completions of a prompt together. */
  readonly completions: number;
  /** What else it asks for. */
  readonly options: Pick<DecodeOptions, 'lookAhead' | 'earlyExit' | 'control' | 'trace'>;
}

/** Rounds of completions that tuning takes at most, and of how many completions. */
export function tuningRounds({ rounds }: Pick<BenchFlags, 'rounds'>): { rounds: number; samples: number } {
  const samples = Math.max(FEWEST_TUNED_ON, Math.min(MOST_TUNED_ON, 2 * rounds + 1));
  return { rounds: TUNINGS * ROUNDS, samples };
}

/** What all cases have in common. */
export interface BenchTask {
  readonly backend: Backend;
  readonly attributes: readonly WeightedAttribute<number>[];
  readonly prompt: string;
  readonly flags: BenchFlags;
  readonly signal: AbortSignal;
  /** Hears what share of the tuning is done, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * The ways to decode that are timed; plain decoding comes before what is compared with it. Levels that no weights of these
 * attributes come to are left out.
 */
export async function benchCases(task: BenchTask): Promise<BenchCase[]> {
  const { attributes } = task;
  const one = (name: string, options: BenchCase['options'], own = attributes): BenchCase => ({
    name,
    attributes: own,
    completions: 1,
    options,
  });
  const cases = [one('plain', {}, [])];
  for (let count = 1; count <= attributes.length; count++)
    cases.push(one(`${count} eager`, { lookAhead: 'eager' }, attributes.slice(0, count)));
  cases.push(one('eager, traced', { lookAhead: 'eager', trace: true }));
  const together = [inCompany(one('plain', {}, []))];
  for (const [index, nats] of KL_LEVELS.entries()) {
    const deep = await scaledTo(nats, task, false, 2 * index);
    const early = await scaledTo(nats, task, true, 2 * index + 1);
    if (deep === undefined || early === undefined) continue;
    const level = `${nats} nats`;
    const ways = [one(`lazy, ${level}`, {}, deep), one(`lazy, early, ${level}`, { earlyExit: true }, early)];
    const much = ways[0].attributes.map(({ attribute, weight }) => ({ attribute, weight: weight * BEYOND }));
    const budget = { mode: 'kl-budget', nats, per: 'token' } as const;
    cases.push(...ways, one(`KL budget, ${level}`, { control: budget }, much));
    if (nats === KL_TOGETHER) together.push(...ways.map(inCompany));
  }
  return [...cases, ...together];
}

function inCompany(way: BenchCase): BenchCase {
  return { ...way, name: `${way.name}, ${TOGETHER} together`, completions: TOGETHER };
}

/** What a case asks of `generate`, but for the prompt, the seed and the length. */
export function optionsOf({ attributes, completions, options }: BenchCase, flags: BenchFlags): DecodeOptions {
  return {
    ...candidatesOf(flags),
    ...options,
    samples: completions,
    weights: weightsOf(attributes),
  };
}

/**
 * The attributes with weights, in their proportions, that move a token by so many nats on average, if any do.
 *
 * @param before - Tunings that are done.
 */
async function scaledTo(
  kl: number,
  { backend, attributes, prompt, flags, signal, onProgress }: BenchTask,
  early: boolean,
  before: number,
): Promise<WeightedAttribute<number>[] | undefined> {
  const halfspace = await createHalfspace({
    backend,
    attributes: attributes.map(({ attribute }) => attribute),
  });
  try {
    const { weights } = await tuneWeights(halfspace, {
      samples: tuningRounds(flags).samples,
      seed: TUNING_SEED,
      ...candidatesOf(flags),
      prompts: [prompt],
      maxTokens: flags.tokens,
      weights: weightsOf(attributes),
      goal: { kl },
      earlyExit: early,
      signal,
      onProgress: ({ round, done, total }) =>
        onProgress((before + (round + done / total) / ROUNDS) / TUNINGS),
    });
    return attributes.map(({ attribute }) => ({ attribute, weight: weights[attribute.name] }));
  } catch (error) {
    if (isHalfspaceError(error) && error.code === 'out-of-reach') return undefined;
    throw error;
  }
}

function candidatesOf({ candidates, topP }: BenchFlags) {
  return { topK: candidates, topP };
}

/** Weights by the names of their attributes. */
export function weightsOf(attributes: readonly WeightedAttribute<number>[]): Record<string, number> {
  return Object.fromEntries(attributes.map(({ attribute, weight }) => [attribute.name, weight]));
}
