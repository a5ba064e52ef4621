import { createHash } from 'node:crypto';
import { type Backend, throwIfAborted } from '@halfspace/core';
import { lineOf } from '../data/data-digest.js';
import { type CountedRows, otherState } from './counted-rows.js';
import type { FitSettings } from './fit-settings.js';
import type { LabelledText } from '../data/labelled-text.js';
import { type EncodedRow, encodeRow, responseStates, type ResponseStates } from '../data/response-states.js';
import { isHeldOut } from '../data/split.js';

/** A block of rows ends when it has this many rows, or so many tokens to run. */
const BLOCK_ROWS = 512;
const BLOCK_TOKENS = 8192;
/** Most rows that are centred together. */
const MOST_TOGETHER = 64;

/** Rows that can be gone through more than once, such as an array or what opens a file anew each time. */
export type Rows = AsyncIterable<LabelledText> | Iterable<LabelledText>;

/** How to go over rows. */
export interface BlockOptions {
  readonly settings: FitSettings;
  /** Which split of the rows is run through the model. */
  readonly split: 'fitting' | 'heldOut';
  readonly layers: readonly number[];
  /** Rows that were gone over before: they must be the first ones. */
  readonly counted: readonly CountedRows[];
  readonly signal?: AbortSignal | undefined;
  /** Called with the hidden states of rows that belong together, of which there is one unless they are centred. */
  onResponses(responses: readonly ResponseStates[]): void;
  /** Called after each block with all rows gone over so far. */
  onBlock(counted: readonly CountedRows[]): Promise<void>;
}

/**
 * Goes over rows in blocks and runs those of one split through the model. Inside a block they are run by length. Where
 * a block begins and ends depends on the rows alone, so a run that goes on after a block comes to the same sums, to
 * the last bit, as one that was not interrupted.
 *
 * @throws HalfspaceError `other-state` when the first rows are not those that were counted; `aborted`, `not-finite`
 */
export async function overBlocks(backend: Backend, rows: Rows, options: BlockOptions): Promise<void> {
  const { settings, split, layers, signal } = options;
  const reader = read(rows);
  try {
    let counter = createRowCounter();
    const done: CountedRows[] = [];
    let number = 0;
    for (const known of options.counted) {
      done.push(...counter.take());
      counter = await recount(reader, known, encode, signal);
    }
    for await (const block of blocksOf(reader, settings, split, encode)) {
      for (const row of block.rows) counter.add(row);
      const units = [...block.units].sort((a, b) => lengthOf(a) - lengthOf(b));
      let waiting: ResponseStates[] = [];
      let unit = 0;
      for await (const response of responseStates(backend, units.flat(), layers, signal)) {
        counter.tokens += response.row.tokens.length;
        waiting.push(response);
        if (waiting.length < units[unit].length) continue;
        options.onResponses(waiting);
        waiting = [];
        unit++;
      }
      await options.onBlock([...done, ...counter.take()]);
    }

    function encode(row: LabelledText): EncodedRow | undefined {
      number++;
      const out = isHeldOut(row.group, settings.heldOut, settings.seed);
      return out === (split === 'heldOut') ? encodeRow(backend, row, number, settings.chat) : undefined;
    }
  } finally {
    await reader.return(undefined);
  }
}

/** Rows with a place in the data, so that a `for` that ends early leaves them open. */
async function* read(rows: Rows): AsyncGenerator<LabelledText, undefined> {
  for await (const row of rows) yield row;
  return undefined;
}

/** Counts rows that follow one another. */
function createRowCounter() {
  const hash = createHash('sha256');
  let rows = 0;
  const counter = {
    tokens: 0,
    add(row: LabelledText) {
      hash.update(lineOf(row));
      rows++;
    },
    /** The rows so far, if there are any; more may follow. */
    take: (): CountedRows[] =>
      rows === 0 ? [] : [{ rows, tokens: counter.tokens, digest: hash.copy().digest('hex') }],
  };
  return counter;
}

/** Reads rows that were counted before, and makes sure that they are the same, and are the same to the model. */
async function recount(
  reader: AsyncIterator<LabelledText, undefined>,
  known: CountedRows,
  encode: (row: LabelledText) => EncodedRow | undefined,
  signal: AbortSignal | undefined,
) {
  const counter = createRowCounter();
  for (let row = 0; row < known.rows; row++) {
    const { value } = await reader.next();
    if (value === undefined) throw otherState('It has counted more rows than there are.');
    throwIfAborted(signal);
    counter.add(value);
    counter.tokens += encode(value)?.tokens.length ?? 0;
  }
  if (counter.take()[0]?.digest !== known.digest) {
    throw otherState('It has counted other rows than the first ones of this data.');
  }
  if (counter.tokens !== known.tokens) {
    throw otherState(
      `Its rows were ${known.tokens} tokens, and now they are ${counter.tokens}: control tokens in them were text, or are now.`,
    );
  }
  return counter;
}

/** Some rows, and those of them that are run: in units that belong together. */
interface Block {
  readonly rows: LabelledText[];
  readonly units: EncodedRow[][];
}

async function* blocksOf(
  reader: AsyncIterator<LabelledText, undefined>,
  { centring, pairs }: FitSettings,
  split: BlockOptions['split'],
  encode: (row: LabelledText) => EncodedRow | undefined,
): AsyncGenerator<Block> {
  const together = centring === 'prompt' && split === 'fitting';
  let block: Block = { rows: [], units: [] };
  let tokens = 0;
  let before: LabelledText | undefined;
  for (;;) {
    const { value: row } = await reader.next();
    const unit = block.units[block.units.length - 1];
    const joins =
      row !== undefined &&
      before !== undefined &&
      together &&
      row.prompt === before.prompt &&
      row.group === before.group &&
      (unit?.length ?? 0) < (pairs ? 2 : MOST_TOGETHER);
    if (!joins && (block.rows.length >= BLOCK_ROWS || tokens >= BLOCK_TOKENS || row === undefined)) {
      if (block.rows.length > 0) yield block;
      block = { rows: [], units: [] };
      tokens = 0;
    }
    if (row === undefined) return;
    before = row;
    block.rows.push(row);
    const encoded = encode(row);
    if (encoded === undefined) continue;
    tokens += encoded.tokens.length;
    if (joins && unit !== undefined) unit.push(encoded);
    else block.units.push([encoded]);
  }
}

function lengthOf(unit: readonly EncodedRow[]): number {
  return Math.max(...unit.map(({ tokens }) => tokens.length));
}
