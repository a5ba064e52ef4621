import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted } from '@halfspace/core';
import { blockTokens, type CompiledModel, type Precision, writeCached } from '@halfspace/model';
import type { Graphs } from './graphs.js';
import { createKeyValueStore } from './key-value-store.js';
import { divide, trunkCall } from './trunk-call.js';

/** Rows per call at which the trunk is timed. */
const ROWS = [1, 4, 10, 20, 64] as const;
const ROUNDS = 7;
/** After so long no further call of a measurement is begun. The default model takes a third of that on two idle cores. */
const LONGEST_MS = 5_000;
/** Share of a step that a second precision must save. */
const WORTHWHILE = 0.1;

/** Milliseconds of one trunk call, per precision, for each of the measured numbers of rows. */
export type Costs = Readonly<Record<Precision, readonly number[]>>;

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
 * on the machine can only add to it, and the figures are kept. When the time for that is used up, what has been timed must do:
 * what has not is taken to cost as much as its rows.
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
  const begun = now();
  const isLate = () => now() - begun > LONGEST_MS;
  const costs: number[] = [];
  for (const [place, count] of ROWS.entries()) {
    const tokens = Array.from({ length: count }, () => 0);
    const call = trunkCall(divide([{ parent: undefined, length: 0, tokens, shape: 'fan' }]), callSizes);
    const times: number[] = [];
    while (times.length <= ROUNDS && !isLate()) {
      throwIfAborted(signal);
      const start = now();
      const { end } = await graphs.lower(call, below, []);
      await graphs.upper(call, end, above, []);
      times.push(now() - start);
      onProgress?.((place + times.length / (ROUNDS + 1)) / ROWS.length);
    }
    const inProportion = ((costs.at(-1) ?? 1) * count) / (ROWS[place - 1] ?? 1);
    // The first call sets up buffers.
    costs.push(times.length > 1 ? Math.min(...times.slice(1)) : (times[0] ?? inProportion));
  }
  onProgress?.(1);
  return costs;
}

/**
 * The precision for a step of so many rows, by the nearest measured number of rows: the one that is faster
 * for a single row, unless the other one saves enough to be loaded and held as well.
 */
export function cheapest(costs: Costs, rowsPerStep: number): Precision {
  const distance = (rows: number) => Math.abs(Math.log(rows / Math.max(1, rowsPerStep)));
  const nearest = ROWS.reduce(
    (best, rows, index) => (distance(rows) < distance(ROWS[best] ?? 1) ? index : best),
    0,
  );
  const cost = (precision: Precision, index: number) => costs[precision][index] ?? 0;
  const first: Precision = cost('int8', 0) <= cost('f32', 0) ? 'int8' : 'f32';
  const second: Precision = first === 'int8' ? 'f32' : 'int8';
  return cost(second, nearest) < cost(first, nearest) * (1 - WORTHWHILE) ? second : first;
}

/** What share of a call of `rowsPerCall` rows is what it costs without any. */
const FIXED_SHARE = 1 / 20;

/** The fewest and the most rows that a call should have, whatever has been measured. */
const [FEWEST_ROWS, MOST_ROWS] = [64, 256];

/** How many rows a call of an arithmetic should have: with more, hardly anything of what a call costs by itself is left to share. */
export function rowsPerCall(costs: Costs, precision: Precision): number {
  const measured = costs[precision];
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
  return join(cache, 'measured', `${fingerprint.slice(0, 16)}-${machine.slice(0, 16)}-v3.json`);
}

function isCosts(value: unknown): value is Costs {
  const lists = value as Partial<Record<Precision, unknown>> | null;
  const whole = (list: unknown) =>
    Array.isArray(list) &&
    list.length === ROWS.length &&
    list.every((each) => typeof each === 'number' && each > 0);
  return typeof lists === 'object' && lists !== null && whole(lists.f32) && whole(lists.int8);
}

/** Measurements made before, if they are there and whole. */
export async function readCosts(path: string): Promise<Costs | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isCosts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps measurements. */
export async function writeCosts(path: string, costs: Costs): Promise<void> {
  await writeCached(path, JSON.stringify(costs));
}
