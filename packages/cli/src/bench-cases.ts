import { createHalfspace, type Backend, type DecodeOptions } from '@halfspace/core';
import type { BenchFlags } from './commands/bench.js';
import type { WeightedAttribute } from './load-attributes.js';

/** Nats a token that steered decoding is timed at, about. */
const KL_LEVELS = [0.05, 0.15, 0.5];

/** The one of them at which many completions are timed, and how many. */
const KL_TOGETHER = 0.15;
const TOGETHER = 25;

/** Times the weights that spend a budget without one: enough for it to be spent nearly everywhere. */
const BEYOND = 4;

/** Completions that weights are fitted to such a level on, and how often. */
const FITTED_ON = { maxTokens: 32, samples: 3, seed: 1000 };
const FITTINGS = 3;

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

/** The ways to decode that are timed; plain decoding comes before what is compared with it. */
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
    const ways = [
      one('lazy', {}, await scaledTo(nats, task, false)),
      one('lazy, early', { early: true }, await scaledTo(nats, task, true)),
    ];
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

/** The attributes with weights, in their proportions, that move a token by so many nats on average. */
async function scaledTo(
  level: number,
  { backend, attributes, prompt, flags, signal }: BenchTask,
  early: boolean,
): Promise<WeightedAttribute<number>[]> {
  const halfspace = createHalfspace({ backend, attributes: attributes.map(({ attribute }) => attribute) });
  let scale = 1;
  const scaled = () => attributes.map(({ attribute, weight }) => ({ attribute, weight: weight * scale }));
  for (let round = 0; round < FITTINGS; round++) {
    const completions = await halfspace.generate({
      ...FITTED_ON,
      ...candidatesOf(flags),
      prompt,
      attributes: weightsOf(scaled()),
      lookAhead: 'eager',
      early,
      signal,
    });
    const tokens = completions.reduce((sum, each) => sum + each.tokens.length, 0);
    const kl = completions.reduce((sum, each) => sum + each.kl, 0) / tokens;
    // KL grows with the square of small weights, and slower later.
    scale *= Math.sqrt(level / Math.max(kl, level / 16));
  }
  return scaled();
}

function candidatesOf({ candidates, topP }: BenchFlags) {
  return { topK: candidates, topP };
}

function weightsOf(attributes: readonly WeightedAttribute<number>[]): Record<string, number> {
  return Object.fromEntries(attributes.map(({ attribute, weight }) => [attribute.name, weight]));
}
