import type { Device } from '@halfspace/backend-onnx';
import {
  type Attribute,
  type Backend,
  createHalfspace,
  type Halfspace,
  type ModelInfo,
  type Subspace,
  subspacesFor,
} from '@halfspace/core';
import { pluralise } from '../../terminal/pluralise.js';
import { type BenchCase, benchCases, optionsOf, tuningRounds, weightsOf } from './bench-cases.js';
import { roughly, secondsOf } from './bench-estimate.js';
import type { BenchFlags } from './flags.js';
import { createCountingBackend, type TrunkCalls } from './counting-backend.js';
import { knownAttributes } from '../../attributes/known-attributes.js';
import { loadAttributes, onlyFor, type WeightedAttribute } from '../../attributes/load-attributes.js';
import { inLine } from '../../terminal/harmless.js';
import { note, print, printJson } from '../../terminal/output.js';
import { createProgress, uncounted } from '../../terminal/progress.js';
import { createRandomAttribute } from './random-attribute.js';
import { table } from '../../terminal/table.js';
import { withBackend } from '../../model/with-backend.js';

const PROMPT =
  'The lighthouse keeper wrote in his journal every evening, and tonight he began, as always, with the weather:';

/** Cases that are timed at least: one attribute, two, and three. */
const FEWEST_CASES = 3;

/** Tokens that say how long others take. */
const PROBED_TOKENS = 2;
/** Seconds that are worth a word before they pass. */
const WORTH_A_WORD = 10;

/** One way to decode, and its blocks. */
interface Case extends BenchCase {
  readonly blocks: Block[];
}

/** What a block took, per token. */
interface Block {
  readonly msPerToken: number;
  readonly klPerToken: number;
  readonly evaluationsPerToken: number;
  readonly callsPerToken: number;
}

/** `halfspace bench`. */
export async function bench(flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const chosen = flags.attribute === undefined ? undefined : await loadAttributes(flags.attribute, 1);
  const required = onlyFor(chosen?.map(({ attribute }) => attribute) ?? []);
  await withBackend({ ...flags, ...required }, signal, async (backend, device) => {
    const prompt = promptFor(backend, flags);
    const attributes = await fillUp(chosen ?? (await knownFor(backend)), backend, prompt);
    await announce(attributes, backend, prompt, flags, signal);
    const tuning = createProgress('Tuning', uncounted);
    const found = await benchCases({
      backend,
      attributes,
      prompt,
      flags,
      signal,
      onProgress: (share) => tuning.update(share, 1),
    }).finally(() => tuning.stop());
    const cases = found.map((each): Case => ({ ...each, blocks: [] }));
    await time(cases, backend, prompt, flags, signal);
    report(cases, backend, device, flags);
  });
}

/** The end of the prompt that leaves a model of short context room to write. */
function promptFor({ tokenizer, model }: Backend, { tokens }: BenchFlags): string {
  const words = PROMPT.split(' ');
  const text = () => words.join(' ');
  while (words.length > 1 && tokenizer.encode(text()).length + tokens > model.contextLength) words.shift();
  return text();
}

/** Says how long it is going to take, by what a few tokens take, where that is long. */
async function announce(
  attributes: readonly WeightedAttribute<number>[],
  backend: Backend,
  prompt: string,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<void> {
  const halfspace = await createHalfspace({
    backend,
    attributes: attributes.map(({ attribute }) => attribute),
  });
  const step = async (samples: number) => {
    const began = performance.now();
    const options = {
      samples,
      maxTokens: PROBED_TOKENS,
      lookAhead: 'eager',
      topK: flags.candidates,
    } as const;
    await halfspace.generate({ ...options, prompt, weights: weightsOf(attributes), signal });
    return (performance.now() - began) / PROBED_TOKENS;
  };
  const tuned = tuningRounds(flags);
  // The first one warms up.
  await step(1);
  const seconds = secondsOf(flags, attributes.length, {
    alone: await step(1),
    together: (await step(tuned.samples)) / tuned.samples,
  });
  if (seconds < WORTH_A_WORD) return;
  note(
    `This takes about ${roughly(seconds)}: weights are tuned, on ${pluralise(tuned.samples, 'completion')} at a time, then ways to decode take turns for ${pluralise(flags.rounds + 1, 'round')}.`,
  );
}

async function knownFor({ model }: Backend): Promise<WeightedAttribute<number>[]> {
  const { byName } = await knownAttributes();
  return [...byName.values()]
    .filter(({ attribute }) => subspaceOf(attribute, model) !== undefined)
    .map(({ attribute }) => ({ attribute, weight: 1 }));
}

function subspaceOf(attribute: Attribute, model: ModelInfo): Subspace | undefined {
  return subspacesFor(attribute, model).at(0);
}

/** Adds stand-ins, which read the same layer as the first subspace, until there are enough for all cases. */
async function fillUp(
  attributes: readonly WeightedAttribute<number>[],
  backend: Backend,
  prompt: string,
): Promise<readonly WeightedAttribute<number>[]> {
  const { model } = backend;
  const first = attributes.map(({ attribute }) => subspaceOf(attribute, model)).find(Boolean);
  const layer = first?.layers[0] ?? Math.round(model.layers * 0.6);
  const missing = Math.max(0, FEWEST_CASES - attributes.length);
  const randomAttributes = Array.from({ length: missing }, async (_, index) => ({
    attribute: await createRandomAttribute(`random-${index + 1}`, backend, layer, prompt),
    weight: 1,
  }));
  return [...attributes, ...(await Promise.all(randomAttributes))];
}

/** Lets the cases take turns. The first round warms up and is not kept. */
async function time(
  cases: readonly Case[],
  backend: Backend,
  prompt: string,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<void> {
  const counting = createCountingBackend(backend);
  const halfspace = await createHalfspace({
    backend: counting.backend,
    attributes: widest(cases).attributes.map(({ attribute }) => attribute),
  });
  const progress = createProgress('Timing', (done, total) => `${done} of ${total} blocks`);
  const total = (flags.rounds + 1) * cases.length;
  progress.update(0, total);
  try {
    for (let block = 0; block < total; block++) {
      const round = Math.floor(block / cases.length);
      // Another case begins each round, so that none always follows the same one.
      const turn = cases[(block + round) % cases.length];
      const found = await timeBlock(halfspace, turn, counting.counts, { prompt, flags, seed: round, signal });
      if (round > 0) turn.blocks.push(found);
      progress.update(block + 1, total);
    }
  } finally {
    progress.stop();
  }
}

function widest(cases: readonly Case[]): Case {
  return cases.reduce((most, each) => (each.attributes.length > most.attributes.length ? each : most));
}

async function timeBlock(
  halfspace: Halfspace,
  turn: Case,
  counts: TrunkCalls,
  { prompt, flags, seed, signal }: { prompt: string; flags: BenchFlags; seed: number; signal: AbortSignal },
): Promise<Block> {
  const before = counts.calls;
  const completions = await halfspace.generate({
    ...optionsOf(turn, flags),
    prompt,
    maxTokens: flags.tokens,
    seed,
    signal,
  });
  const tokens = completions.reduce((sum, each) => sum + each.tokens.length, 0);
  const total = (figure: 'kl' | 'evaluations') => completions.reduce((sum, each) => sum + each[figure], 0);
  return {
    // They share their steps.
    msPerToken: Math.max(...completions.map(({ timing }) => timing.decodeMs)) / tokens,
    klPerToken: total('kl') / tokens,
    evaluationsPerToken: total('evaluations') / tokens,
    callsPerToken: ((counts.calls - before) * completions.length) / tokens,
  };
}

function report(
  cases: readonly Case[],
  { model }: Backend,
  device: Device,
  { candidates, topP, json }: BenchFlags,
): void {
  const figures = cases.map((each) => {
    const plain = cases.find(
      ({ attributes, completions }) => attributes.length === 0 && completions === each.completions,
    );
    return {
      name: each.name,
      attributes: each.attributes.map(({ attribute }) => attribute.name),
      weights: each.attributes.map(({ weight }) => weight),
      completions: each.completions,
      ...each.options,
      msPerToken: median(each.blocks.map(({ msPerToken }) => msPerToken)),
      // Block by block, so that a machine that gets slower for a while slows both.
      ratio: median(
        each.blocks.map(({ msPerToken }, round) => msPerToken / (plain?.blocks[round].msPerToken ?? NaN)),
      ),
      rowsPerToken: meanOf(each, 'evaluationsPerToken'),
      callsPerStep: meanOf(each, 'callsPerToken'),
      klPerToken: meanOf(each, 'klPerToken'),
    };
  });
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
  if (json) {
    printJson({ device, candidates, topP, cases: figures, peakMemoryBytes });
    return;
  }
  const rows = figures.map((each) => [
    each.name,
    String(each.attributes.length),
    String(each.completions),
    each.msPerToken.toFixed(2),
    each.ratio.toFixed(2),
    each.rowsPerToken.toFixed(2),
    each.callsPerStep.toFixed(2),
    each.klPerToken.toFixed(3),
  ]);
  const heading = [
    'decoding',
    'attributes',
    'completions',
    'ms',
    'ratio',
    'evaluations',
    'trunk calls',
    'KL (nats)',
  ];
  print(
    `${inLine(model.name)} on ${device}, per token, at most ${candidates} candidates of ${topP * 100} % probability:\n`,
  );
  for (const line of table([heading, ...rows])) print(line);
  print(`\nPeak memory ${(peakMemoryBytes / 1e6).toFixed(0)} MB.`);
}

function meanOf({ blocks }: Case, figure: keyof Block): number {
  return blocks.reduce((sum, block) => sum + block[figure], 0) / blocks.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
