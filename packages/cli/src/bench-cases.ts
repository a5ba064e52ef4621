import {
  createHalfspace,
  isHalfspaceError,
  tuneWeights,
  type Backend,
  type DecodeOptions,
} from '@halfspace/core';
import type { BenchFlags } from './commands/bench.js';
import type { WeightedAttribute } from './load-attributes.js';

/** Nats a token that steered decoding is timed at, about. */
const KL_LEVELS = [0.05, 0.15, 0.5];

/** The one of them at which many completions are timed, and how many. */
const KL_TOGETHER = 0.15;
const TOGETHER = 25;

/** Times the weights that spend a budget without one: enough for it to be spent nearly everywhere. */
const BEYOND = 4;

/** Completions that weights are tuned to such a level on. */
const TUNED_ON = { samples: 25, seed: 1000 };

/** One way to decode. */
export interface BenchCase {
  /** For people. */
  readonly name: string;
  /** None for plain decoding. */
  readonly attributes: readonly WeightedAttribute<number>[];
  /** Completions of a prompt together. */
  readonly completions: number;
  /** What else it asks for. */
  readonly options: Pick<DecodeOptions, 'lookAhead' | 'early' | 'control' | 'trace'>;
}

/** What all cases have in common. */
export interface BenchTask {
  readonly backend: Backend;
  readonly attributes: readonly WeightedAttribute<number>[];
  readonly prompt: string;
  readonly flags: BenchFlags;
  readonly signal: AbortSignal;
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
  const together = [{ ...one('plain', {}, []), completions: TOGETHER }];
  for (const nats of KL_LEVELS) {
    const deep = await scaledTo(nats, task, false);
    const early = await scaledTo(nats, task, true);
    if (deep === undefined || early === undefined) continue;
    const ways = [one('lazy', {}, deep), one('lazy, early', { early: true }, early)];
    const much = ways[0].attributes.map(({ attribute, weight }) => ({ attribute, weight: weight * BEYOND }));
    cases.push(...ways, one('KL budget', { control: { mode: 'kl-budget', nats, per: 'token' } }, much));
    if (nats === KL_TOGETHER) together.push(...ways.map((way) => ({ ...way, completions: TOGETHER })));
  }
  return [...cases, ...together];
}

/** What a case asks of `generate`, but for the prompt, the seed and the length. */
export function optionsOf({ attributes, completions, options }: BenchCase, flags: BenchFlags): DecodeOptions {
  return {
    ...candidatesOf(flags),
    ...options,
    samples: completions,
    concurrency: completions,
    attributes: weightsOf(attributes),
  };
}

/** The attributes with weights, in their proportions, that move a token by so many nats on average, if any do. */
async function scaledTo(
  kl: number,
  { backend, attributes, prompt, flags, signal }: BenchTask,
  early: boolean,
): Promise<WeightedAttribute<number>[] | undefined> {
  const halfspace = createHalfspace({ backend, attributes: attributes.map(({ attribute }) => attribute) });
  try {
    const { weights } = await tuneWeights(halfspace, {
      ...TUNED_ON,
      ...candidatesOf(flags),
      prompts: [prompt],
      maxTokens: flags.tokens,
      attributes: weightsOf(attributes),
      goal: { kl },
      early,
      signal,
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

function weightsOf(attributes: readonly WeightedAttribute<number>[]): Record<string, number> {
  return Object.fromEntries(attributes.map(({ attribute, weight }) => [attribute.name, weight]));
}
