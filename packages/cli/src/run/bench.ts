import {
  createHalfspace,
  type Attribute,
  type Backend,
  type Halfspace,
  type ModelInfo,
  type Subspace,
} from '@halfspace/core';
import type { BenchFlags } from '../commands/bench.js';
import { createCountingBackend, type TrunkCounts } from '../counting-backend.js';
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

/** One way to decode, and its blocks. */
interface Case {
  readonly attributes: readonly WeightedAttribute[];
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
  const chosen = flags.attribute === undefined ? undefined : await loadAttributes(flags.attribute);
  await withBackend(flags, signal, async (backend) => {
    const attributes = await fillUp(chosen ?? (await knownFor(backend)), backend);
    const cases: Case[] = [undefined, ...attributes].map((_, count) => ({
      attributes: attributes.slice(0, count),
      blocks: [],
    }));
    await time(cases, backend, flags, signal);
    report(cases, backend, flags);
  });
}

async function knownFor({ model }: Backend): Promise<WeightedAttribute[]> {
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
  attributes: readonly WeightedAttribute[],
  backend: Backend,
): Promise<readonly WeightedAttribute[]> {
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
      const { attributes, blocks } = cases[(block + round) % cases.length];
      const found = await timeBlock(halfspace, attributes, counting.counts, { flags, seed: round, signal });
      if (round > 0) blocks.push(found);
      progress.update(block + 1, total);
    }
  } finally {
    progress.stop();
  }
}

async function timeBlock(
  halfspace: Halfspace,
  attributes: readonly WeightedAttribute[],
  counts: TrunkCounts,
  { flags, seed, signal }: { flags: BenchFlags; seed: number; signal: AbortSignal },
): Promise<Block> {
  const before = { ...counts };
  const [{ tokens, kl, timing }] = await halfspace.generate({
    prompt: PROMPT,
    maxTokens: flags.tokens,
    topK: flags.candidates,
    topP: 1,
    seed,
    attributes: Object.fromEntries(attributes.map(({ attribute, weight }) => [attribute.name, weight])),
    signal,
  });
  return {
    msPerToken: timing.decodeMs / tokens.length,
    klPerToken: kl / tokens.length,
    rowsPerToken: (counts.rows - before.rows) / tokens.length,
    callsPerToken: (counts.calls - before.calls) / tokens.length,
  };
}

function report(cases: readonly Case[], { model }: Backend, { candidates, json }: BenchFlags): void {
  const [plain, ...steered] = cases.map((each) => ({
    attributes: namesOf(each),
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
    printJson({ plain: { msPerToken: plain.msPerToken }, steered, peakMemoryBytes });
    return;
  }
  const rows = [plain, ...steered].map((each, index) => [
    each.attributes.join(', ') || 'plain',
    each.msPerToken.toFixed(2),
    each.ratio.toFixed(2),
    each.rowsPerToken.toFixed(2),
    String(calls[index]),
    each.klPerToken.toFixed(3),
  ]);
  const heading = ['steered by', 'ms', 'ratio', 'rows', 'trunk calls', 'KL (nats)'];
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
