import {
  createHalfspace,
  type Attribute,
  type Backend,
  type Halfspace,
  type ModelInfo,
  type Subspace,
} from '@halfspace/core';
import type { BenchFlags } from '../commands/bench.js';
import { createCountingBackend, type TrunkCalls } from '../counting-backend.js';
import { knownAttributes } from '../known-attributes.js';
import { loadAttributes, type WeightedAttribute } from '../load-attributes.js';
import { note, print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { createStandIn } from '../stand-in.js';
import { table } from '../table.js';
import { withBackend } from '../with-backend.js';

const PROMPT =
  'The lighthouse keeper wrote in his journal every evening, and tonight he began, as always, with the weather:';

/** Cases that are timed at least: one attribute, two, and three. */
const FEWEST_CASES = 3;

/** Nats a token that lazy look-ahead is timed at, about. */
const KL_LEVELS = [0.05, 0.15, 0.5];

/** Completions that weights are fitted to such a level on, and how often. */
const FITTED_ON = { maxTokens: 32, samples: 2 };
const FITTINGS = 3;

/** One way to decode, and its blocks. */
interface Case {
  readonly lookAhead: 'lazy' | 'eager';
  readonly attributes: readonly WeightedAttribute<number>[];
  readonly blocks: Block[];
}

/** What a block took, per token. */
interface Block {
  readonly msPerToken: number;
  readonly klPerToken: number;
  readonly rowsPerToken: number;
  readonly callsPerToken: number;
}

/** `halfspace bench`. */
export async function bench(flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const chosen = flags.attribute === undefined ? undefined : await loadAttributes(flags.attribute, 1);
  await withBackend(flags, signal, async (backend) => {
    const attributes = await fillUp(chosen ?? (await knownFor(backend)), backend);
    const cases: Case[] = [undefined, ...attributes].map((_, count) => ({
      lookAhead: 'eager',
      attributes: attributes.slice(0, count),
      blocks: [],
    }));
    for (const level of KL_LEVELS) {
      const scaled = await scaledTo(level, attributes, backend, flags, signal);
      cases.push({ lookAhead: 'lazy', attributes: scaled, blocks: [] });
    }
    await time(cases, backend, flags, signal);
    report(cases, backend, flags);
  });
}

async function knownFor({ model }: Backend): Promise<WeightedAttribute<number>[]> {
  const { byName } = await knownAttributes();
  return [...byName.values()]
    .filter(({ attribute }) => subspaceOf(attribute, model) !== undefined)
    .map(({ attribute }) => ({ attribute, weight: 1 }));
}

function subspaceOf(attribute: Attribute, { fingerprint }: ModelInfo): Subspace | undefined {
  const subspaces = 'subspaces' in attribute ? attribute.subspaces : [];
  return subspaces.find(({ model }) => model === fingerprint);
}

/** Adds stand-ins, which read the same layer as the first subspace, until there are enough for all cases. */
async function fillUp(
  attributes: readonly WeightedAttribute<number>[],
  backend: Backend,
): Promise<readonly WeightedAttribute<number>[]> {
  const { model } = backend;
  const first = attributes.map(({ attribute }) => subspaceOf(attribute, model)).find(Boolean);
  const layer = first?.layers[0] ?? Math.round(model.layers * 0.6);
  const missing = Math.max(0, FEWEST_CASES - attributes.length);
  const standIns = Array.from({ length: missing }, async (_, index) => ({
    attribute: await createStandIn(`random-${index + 1}`, backend, layer, PROMPT),
    weight: 1,
  }));
  return [...attributes, ...(await Promise.all(standIns))];
}

/** The attributes with weights, in their proportions, that move a token by so many nats on average. */
async function scaledTo(
  level: number,
  attributes: readonly WeightedAttribute<number>[],
  backend: Backend,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<WeightedAttribute<number>[]> {
  const halfspace = createHalfspace({ backend, attributes: attributes.map(({ attribute }) => attribute) });
  let scale = 1;
  const scaled = () => attributes.map(({ attribute, weight }) => ({ attribute, weight: weight * scale }));
  for (let round = 0; round < FITTINGS; round++) {
    const completions = await halfspace.generate({
      ...FITTED_ON,
      ...candidatesOf(flags),
      prompt: PROMPT,
      attributes: weightsOf(scaled()),
      lookAhead: 'eager',
      signal,
    });
    const tokens = completions.reduce((sum, each) => sum + each.tokens.length, 0);
    const kl = completions.reduce((sum, each) => sum + each.kl, 0) / tokens;
    // KL grows with the square of small weights, and slower later.
    scale *= Math.sqrt(level / Math.max(kl, level / 16));
  }
  return scaled();
}

function candidatesOf({ candidates }: BenchFlags) {
  return { topK: candidates, topP: 1 };
}

function weightsOf(attributes: readonly WeightedAttribute<number>[]): Record<string, number> {
  return Object.fromEntries(attributes.map(({ attribute, weight }) => [attribute.name, weight]));
}

/** Lets the cases take turns. The first round warms up and is not kept. */
async function time(
  cases: readonly Case[],
  backend: Backend,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<void> {
  const counting = createCountingBackend(backend);
  const halfspace = createHalfspace({
    backend: counting.backend,
    attributes: cases[cases.length - 1].attributes.map(({ attribute }) => attribute),
  });
  const progress = createProgress('Timing', (done, total) => `${done} of ${total} blocks`);
  const total = (flags.rounds + 1) * cases.length;
  progress.update(0, total);
  try {
    for (let block = 0; block < total; block++) {
      const round = Math.floor(block / cases.length);
      // Another case begins each round, so that none always follows the same one.
      const turn = cases[(block + round) % cases.length];
      const found = await timeBlock(halfspace, turn, counting.counts, { flags, seed: round, signal });
      if (round > 0) turn.blocks.push(found);
      progress.update(block + 1, total);
    }
  } finally {
    progress.stop();
  }
}

async function timeBlock(
  halfspace: Halfspace,
  { attributes, lookAhead }: Case,
  counts: TrunkCalls,
  { flags, seed, signal }: { flags: BenchFlags; seed: number; signal: AbortSignal },
): Promise<Block> {
  const before = counts.calls;
  const [{ tokens, kl, rows, timing }] = await halfspace.generate({
    ...candidatesOf(flags),
    prompt: PROMPT,
    maxTokens: flags.tokens,
    seed,
    attributes: weightsOf(attributes),
    lookAhead,
    signal,
  });
  return {
    msPerToken: timing.decodeMs / tokens.length,
    klPerToken: kl / tokens.length,
    rowsPerToken: rows / tokens.length,
    callsPerToken: (counts.calls - before) / tokens.length,
  };
}

function report(cases: readonly Case[], { model }: Backend, { candidates, json }: BenchFlags): void {
  const [plain, ...steered] = cases.map((each) => ({
    attributes: namesOf(each),
    weights: each.attributes.map(({ weight }) => weight),
    lookAhead: each.lookAhead,
    candidates,
    klPerToken: meanOf(each, 'klPerToken'),
    msPerToken: median(each.blocks.map(({ msPerToken }) => msPerToken)),
    // Block by block, so that a machine that gets slower for a while slows both.
    ratio: median(each.blocks.map(({ msPerToken }, round) => msPerToken / cases[0].blocks[round].msPerToken)),
    rowsPerToken: meanOf(each, 'rowsPerToken'),
  }));
  const calls = cases.map((each) => meanOf(each, 'callsPerToken'));
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
  if (json) {
    note(`Trunk calls per token, plain first: ${calls.join(', ')}`);
    printJson({
      plain: { msPerToken: plain.msPerToken },
      steered: steered.filter(({ lookAhead }) => lookAhead === 'eager'),
      lazy: steered.filter(({ lookAhead }) => lookAhead === 'lazy'),
      peakMemoryBytes,
    });
    return;
  }
  const rows = [plain, ...steered].map((each, index) => [
    each.attributes.join(', ') || 'plain',
    each.attributes.length === 0 ? '–' : each.lookAhead,
    each.msPerToken.toFixed(2),
    each.ratio.toFixed(2),
    each.rowsPerToken.toFixed(2),
    calls[index].toFixed(2),
    each.klPerToken.toFixed(3),
  ]);
  const heading = ['steered by', 'look-ahead', 'ms', 'ratio', 'rows', 'trunk calls', 'KL (nats)'];
  print(`${model.name}, per token, ${candidates} candidates:\n`);
  for (const line of table([heading, ...rows])) print(line);
  print(`\nPeak memory ${(peakMemoryBytes / 1e6).toFixed(0)} MB.`);
}

function namesOf({ attributes }: Case): string[] {
  return attributes.map(({ attribute }) => attribute.name);
}

function meanOf({ blocks }: Case, figure: keyof Block): number {
  return blocks.reduce((sum, block) => sum + block[figure], 0) / blocks.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
