import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted } from '@halfspace/core';
import {
  blockTokens,
  bytesOfWeights,
  type CompiledModel,
  type ModelFile,
  type Precision,
  writeCached,
} from '@halfspace/model';
import { freeMemory } from '@halfspace/onnx-runtime';
import type { Graphs } from './graphs.js';
import { createKeyValueStore } from './key-value-store.js';
import { divide, trunkCall } from './trunk-call.js';

/** All kinds of arithmetic, the most exact first. */
export const PRECISIONS = ['f32', 'int8', 'int4'] as const satisfies readonly Precision[];

/** Rows of a step of a completion that is steered, as `rowsPerStep` of core has them. */
export const FEW_ROWS = 3;

/** Rows per call at which the trunk is timed. */
export const ROWS = [1, 2, 4, 10, 25, 64] as const;
/** Which of them is the most that a look-ahead has as a rule. */
const FEW = 2;
const ROUNDS = 7;
/** After so long no further call of a measurement is begun. The default model takes a fifth of that on two idle cores. */
const LONGEST_MS = 3_000;
/** Share of a step that a less exact precision, or a second one, must save. */
const WORTHWHILE = 0.1;
/** Share of the machine's memory that weights may take. */
const MOST_MEMORY = 0.7;

/** Milliseconds of one trunk call for each of the measured numbers of rows, of each precision that was measured. */
export type Costs = Readonly<Partial<Record<Precision, readonly number[]>>>;

/** Which kinds of arithmetic a model can have on a machine. */
export interface Candidates {
  /** The most exact first; where none fits, the smallest alone. */
  readonly precisions: readonly Precision[];
  /** Pairs that there is memory for. */
  readonly together: readonly (readonly [Precision, Precision])[];
}

const PAIRS: Candidates['together'] = [
  ['f32', 'int8'],
  ['f32', 'int4'],
  ['int8', 'int4'],
];

/** What watches a measurement. */
export interface MeasureOptions {
  /** Ends it with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called with the share of the calls done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Milliseconds (default: the system's). */
  readonly now?: () => number;
}

/**
 * Times a trunk on a short past: for each number of rows the fastest of a few calls, because what else runs
 * on the machine can only add to it, and the figures are kept. All numbers of rows are timed once before any is timed again. When
 * the time for that is used up, what has been timed must do: what has not is taken to cost as much as its rows.
 *
 * @throws HalfspaceError `aborted`, `backend-failed`
 */
export async function measureCosts(
  graphs: Graphs,
  { architecture, kvCache }: Pick<CompiledModel, 'architecture' | 'kvCache'>,
  { signal, onProgress, now = () => performance.now() }: MeasureOptions = {},
): Promise<number[]> {
  const { layers, sliding } = architecture;
  const sizes = { ...architecture, block: blockTokens(architecture.headWidth), kvCache };
  const callSizes = { ...sizes, ...(sliding !== undefined && { window: sliding.tokens }) };
  const below = createKeyValueStore(0, graphs.cut, sizes);
  const above = createKeyValueStore(graphs.cut, layers, sizes);
  const calls = ROWS.map((count) => {
    const tokens = Array.from({ length: count }, () => 0);
    return trunkCall(
      divide([{ parent: undefined, length: 0, tokens, shape: 'fan' }], sizes.block),
      callSizes,
    );
  });
  const times = ROWS.map((): number[] => []);
  const most = ROWS.length * (ROUNDS + 1);
  const begun = now();
  for (let done = 0; done < most && now() - begun <= LONGEST_MS; done++) {
    throwIfAborted(signal);
    const call = calls[done % ROWS.length];
    const start = now();
    const { end } = await graphs.lower(call, below, []);
    await graphs.upper(call, end, above, []);
    times[done % ROWS.length].push(now() - start);
    onProgress?.((done + 1) / most);
  }
  onProgress?.(1);
  const costs: number[] = [];
  times.forEach((each, place) => {
    const inProportion = ((costs.at(-1) ?? 1) * ROWS[place]) / (ROWS[place - 1] ?? 1);
    // The first call sets up buffers.
    costs.push(each.length > 1 ? Math.min(...each.slice(1)) : (each[0] ?? inProportion));
  });
  return costs;
}

/** Milliseconds of a call at the measured number of rows that is nearest, in ratio, to the number asked for. */
function costAt(costs: readonly number[], rowsPerStep: number): number {
  const distance = (rows: number) => Math.abs(Math.log(rows / Math.max(1, rowsPerStep)));
  const nearest = ROWS.reduce(
    (best, rows, index) => (distance(rows) < distance(ROWS[best]) ? index : best),
    0,
  );
  return costs[nearest];
}

/**
 * The precision for a step of so many rows: the one that is best for a single row, unless another saves a tenth of the step and so
 * is worth being loaded and held as well. For a single row a less exact one must save a tenth of the step, too.
 *
 * @param together - Pairs that there is memory for (default: all).
 */
export function cheapest(
  costs: Costs,
  rowsPerStep: number,
  together: Candidates['together'] = PAIRS,
): Precision {
  const measured = PRECISIONS.filter((each) => costs[each] !== undefined);
  const at = (precision: Precision, rows: number) => costAt(costs[precision] ?? [], rows);
  const best = (among: readonly Precision[], rows: number) =>
    among.reduce((found, each) => (at(each, rows) < at(found, rows) * (1 - WORTHWHILE) ? each : found));
  const single = best(measured, 1);
  const others = measured.filter((each) =>
    together.some((pair) => each !== single && pair.includes(each) && pair.includes(single)),
  );
  return best([single, ...others], rowsPerStep);
}

/** What is known of a machine's memory. */
export interface Memory {
  /** Bytes that it has, or that this process may have of it. */
  readonly total: number;
  /** Bytes of it that can still be had (default: not known). */
  readonly free?: number;
}

/** The memory of this machine, or what its control group may have of it. */
export async function machineMemory(): Promise<Memory> {
  const limit = process.constrainedMemory();
  const free = await freeMemory();
  return {
    total: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
    ...(free !== undefined && { free }),
  };
}

/**
 * The kinds of arithmetic that a model has and that fit the memory of the machine, with some left for all else; so the choice is
 * the same the next time. What other programs leave counts only where it is less than the weights: they could not be loaded. A
 * model has `int4` where most of its bytes are four-bit weights of its file.
 */
export function candidatesOf(
  model: Pick<ModelFile, 'tensors'>,
  { total, free = Infinity }: Memory,
): Candidates {
  const bytes = (precision: Precision) => bytesOfWeights(model, precision);
  const fits = (needed: number) => needed <= Math.min(MOST_MEMORY * total, free);
  const has = bytes('int4') < 0.9 * bytes('int8') ? PRECISIONS : PRECISIONS.slice(0, 2);
  const fitting = has.filter((precision) => fits(bytes(precision)));
  return {
    precisions: fitting.length > 0 ? fitting : has.slice(-1),
    together: PAIRS.filter(([one, other]) => fits(bytes(one) + bytes(other))),
  };
}

/** What one more row costs where there are a few, as a share of a call of one: from 0 to 1, whatever has been measured. */
export function rowCost(costs: readonly number[]): number {
  const more = ROWS[FEW] - ROWS[0];
  const rise = costAt(costs, ROWS[FEW]) - costAt(costs, ROWS[0]);
  return Math.min(1, Math.max(0, rise / more / costAt(costs, ROWS[0])));
}

/** What share of a call of `rowsPerCall` rows is what it costs without any. */
const FIXED_SHARE = 1 / 20;

/** The fewest and the most rows that a call should have, whatever has been measured. */
const [FEWEST_ROWS, MOST_ROWS] = [64, 256];

/** How many rows a call of an arithmetic should have: with more, hardly anything of what a call costs by itself is left to share. */
export function rowsPerCall(costs: Costs, precision: Precision): number {
  const measured = costs[precision] ?? [];
  const [first, last] = [measured[0] ?? 0, measured.at(-1) ?? 0];
  const row = Math.max(0, last - first) / ((ROWS.at(-1) ?? 1) - (ROWS[0] ?? 1));
  const fixed = Math.max(0, first - row);
  const rows = (fixed * (1 / FIXED_SHARE - 1)) / row;
  return Math.round(Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Number.isNaN(rows) ? FEWEST_ROWS : rows)));
}

/** Where the measurements of a model on this machine are kept. */
export function costsPath(cache: string, fingerprint: string, threads: number): string {
  const machine = createHash('sha256')
    .update(`${cpus()[0]?.model ?? ''}/${threads}/${process.arch}`)
    .digest('hex');
  return join(cache, 'measured', `${fingerprint.slice(0, 16)}-${machine.slice(0, 16)}-v4.json`);
}

function isCosts(value: unknown, wanted: readonly Precision[]): value is Costs {
  const lists = value as Partial<Record<Precision, unknown>> | null;
  const whole = (list: unknown) =>
    Array.isArray(list) &&
    list.length === ROWS.length &&
    list.every((each) => typeof each === 'number' && each > 0);
  return typeof lists === 'object' && lists !== null && wanted.every((each) => whole(lists[each]));
}

/** Measurements made before, if they are there and whole. */
export async function readCosts(path: string, wanted: readonly Precision[]): Promise<Costs | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isCosts(value, wanted) ? Object.fromEntries(wanted.map((each) => [each, value[each]])) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps measurements. */
export async function writeCosts(path: string, costs: Costs): Promise<void> {
  await writeCached(path, JSON.stringify(costs));
}
