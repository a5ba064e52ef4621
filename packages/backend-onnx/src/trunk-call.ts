import type { PastBlocks } from './key-value-store.js';
import { spanOf, type TextBlock } from './slots.js';
import type { TokenNode } from './token-tree.js';

/** Added to the score of what a row must not see; its weight becomes exactly zero. */
export const UNSEEN = -1e9;

/**
 * What is added up has whole steps of this many places: the widest vector that sums are made in. A token has the same numbers
 * at any whole number of steps behind its place, in the same block.
 */
const STEP = 16;

function inSteps(places: number): number {
  return Math.ceil(places / STEP) * STEP;
}

/** A text and the tokens to be run after it. */
export interface Branch {
  readonly parent: TokenNode | undefined;
  /** Tokens of the text up to and including `parent`. */
  readonly length: number;
  /** At least one. */
  readonly tokens: readonly number[];
  /** `chain`: the tokens follow one another, as in a prompt. `fan`: each alone follows the text. */
  readonly shape: 'chain' | 'fan';
}

/** A branch, or some candidates of a fan, whose text is divided: blocks of the store that it begins with, and the tokens behind them. */
export interface DividedBranch extends Branch {
  readonly past: readonly TextBlock[];
  readonly rest: readonly TokenNode[];
  /** The first of its rows in the call. */
  readonly first: number;
  /** Which branch it is of. */
  readonly of: number;
}

/** Where a row stands in its text, as its keys and values are laid out. */
function placeOf({ length, shape }: Branch, row: number): number {
  return length + (shape === 'chain' ? row : STEP * row);
}

/** The tokens of a branch, line by line: candidates of a fan have one as far as there is a place for each in the same block. */
function linesOf({ tokens, length, shape }: Branch, block: number): (readonly number[])[] {
  if (shape === 'chain') return [tokens];
  const places = Math.ceil((block - (length % block)) / STEP);
  return Array.from({ length: Math.ceil(tokens.length / places) }, (_, line) =>
    tokens.slice(line * places, (line + 1) * places),
  );
}

/**
 * Divides the texts of branches as they lie in the store.
 *
 * @param block - Slots of a block of the store.
 */
export function divide(branches: readonly Branch[], block: number): DividedBranch[] {
  let rows = 0;
  return branches.flatMap((branch, of) => {
    const rest: TokenNode[] = [];
    let node = branch.parent;
    for (; node !== undefined && node.block === undefined; node = node.parent) rest.push(node);
    const past: TextBlock[] = [];
    for (let block = node?.block; block !== undefined; block = block.before) past.push(block);
    const divided = { ...branch, past: past.toReversed(), rest: rest.toReversed(), of };
    return linesOf(branch, block).map((tokens) => {
      const first = rows;
      rows += tokens.length;
      return { ...divided, tokens, first };
    });
  });
}

/** The blocks of branches: those that several have, and those that one has. */
export function blocksOf(branches: readonly DividedBranch[]): { shared: TextBlock[]; own: TextBlock[] } {
  const users = new Map<TextBlock, Set<number>>();
  for (const { past, of } of branches)
    for (const block of past) users.set(block, (users.get(block) ?? new Set()).add(of));
  const having = (several: boolean) =>
    [...users].filter(([, { size }]) => size > 1 === several).map(([block]) => block);
  return { shared: having(true), own: having(false) };
}

/** Sizes that a call is laid out for. */
export interface CallSizes {
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Slots of a block. */
  readonly block: number;
  /** How many tokens a token sees in blocks with a sliding window, if there are some. */
  readonly window?: number;
}

/** Which rows attend to which blocks of a past; queries lie with the keys, as row · (heads + keyValueHeads) + head. */
export interface PastCall {
  readonly first: number;
  readonly count: number;
  /** Queries of a block and head of keys. */
  readonly queries: number;
  /** [count, keyValueHeads, queries] */
  readonly index: Int32Array;
  /** [count, 1, queries, block], of sliding windows. */
  readonly mask?: Float32Array;
}

/** What rows attend to, in the layers of a kind. */
export interface View {
  readonly shared: PastCall;
  readonly own: PastCall;
  /** [texts, blocks of the rest, 1, queries, places] */
  readonly restMask: Float32Array;
  /** [rows, heads, itemsOfRow] */
  readonly items: Int32Array;
  readonly itemsOfRow: number;
}

/** Inputs of the trunk, as its graph names them; N rows of B texts. */
export interface TrunkCall {
  readonly rows: number;
  readonly texts: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly block: number;
  readonly tokens: BigInt64Array;
  readonly positions: BigInt64Array;
  /** Tokens behind the past blocks, and the rows: a line of `blocks` times `places` for each text. */
  readonly rest: {
    readonly blocks: number;
    readonly places: number;
    /** Queries of a text and head of keys. */
    readonly queries: number;
    /** [texts, 1, keyValueHeads, queries] */
    readonly index: Int32Array;
    /** [texts, blocks, 1, places] */
    readonly stored: BigInt64Array;
    /** [rows, keyValueHeads, 4] */
    readonly added: BigInt64Array;
    /** [rows, keyValueHeads] */
    readonly keys: Int32Array;
  };
  readonly whole: View;
  /** For layers with a sliding window, in a model that has some. */
  readonly window?: View;
}

/** What a row sees of its text: positions from `oldest` on, and from there those before `end`; of a fan its own place alone besides. */
interface Sight {
  readonly oldest: number;
  readonly place: number;
}

function sightOf(branch: Branch, row: number, window = Infinity): Sight {
  const place = placeOf(branch, row);
  const position = branch.shape === 'chain' ? place : branch.length;
  return { oldest: Math.max(0, position - window + 1), place };
}

/**
 * Lays out a call. What a row adds up, and in which order, is the same whatever else is in the call, and however its text is
 * divided: block by block of its text, whose tokens have the places of their positions. For the same end there are two queries
 * at least in every product: ONNX Runtime multiplies a single one by another kernel.
 */
export function trunkCall(branches: readonly DividedBranch[], sizes: CallSizes): TrunkCall {
  const { heads, keyValueHeads, block, window } = sizes;
  const group = heads / keyValueHeads;
  const rows = branches.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const rowsOfText = atLeastTwo(Math.max(...branches.map(({ tokens }) => tokens.length)), group);
  const ends = branches.map(
    (branch) => placeOf(branch, branch.tokens.length - 1) - branch.past.length * block,
  );
  const blocks = Math.floor(Math.max(...ends) / block) + 1;
  const places = blocks === 1 ? inSteps(Math.max(...ends) + 1) : block;
  const rest = {
    blocks,
    places,
    queries: rowsOfText * group,
    index: new Int32Array(branches.length * heads * rowsOfText),
    stored: new BigInt64Array(branches.length * blocks * places),
    added: new BigInt64Array(rows * keyValueHeads * 4),
    keys: Int32Array.from({ length: rows * keyValueHeads }, (_, index) => {
      const [row, head] = [Math.floor(index / keyValueHeads), index % keyValueHeads];
      return row * (heads + keyValueHeads) + heads + head;
    }),
  };
  const call = {
    rows,
    texts: branches.length,
    heads,
    keyValueHeads,
    block,
    tokens: new BigInt64Array(rows),
    positions: new BigInt64Array(rows),
    rest,
    whole: viewOf(branches, sizes, rest),
    ...(window !== undefined && { window: viewOf(branches, sizes, rest, window) }),
  };
  branches.forEach((branch, text) => layOut(call, branch, text));
  return call;
}

function atLeastTwo(rows: number, group: number): number {
  return group > 1 ? rows : Math.max(2, rows);
}

/** Fills in the tokens of a text, and where those of its rest lie and go. */
function layOut(call: TrunkCall, branch: DividedBranch, text: number): void {
  const { keyValueHeads, heads, block, rest } = call;
  const { first, tokens, shape, length, past } = branch;
  branch.rest.forEach(({ slot }, index) => {
    const at = (text * rest.blocks + Math.floor(index / block)) * rest.places + (index % block);
    rest.stored[at] = BigInt(Math.floor(slot / block) * keyValueHeads * block + (slot % block));
  });
  const own = Array.from(
    { length: (rest.queries * keyValueHeads) / heads },
    (_, row) =>
      // A text with fewer rows than others repeats its first.
      first + (row < tokens.length ? row : 0),
  );
  writeQueries(rest.index, text, rest.queries, own, call);
  tokens.forEach((token, index) => {
    const row = first + index;
    call.tokens[row] = BigInt(token);
    call.positions[row] = BigInt(shape === 'chain' ? length + index : length);
    const place = placeOf(branch, index) - past.length * block;
    for (let head = 0; head < keyValueHeads; head++)
      rest.added.set(
        [text, Math.floor(place / block), head, place % block].map(BigInt),
        (row * keyValueHeads + head) * 4,
      );
  });
}

/** Writes which queries of some rows attend to an item: [items, keyValueHeads, queries]. */
function writeQueries(
  index: Int32Array,
  item: number,
  queries: number,
  rows: readonly number[],
  { heads, keyValueHeads }: Pick<CallSizes, 'heads' | 'keyValueHeads'>,
): void {
  const group = heads / keyValueHeads;
  for (let head = 0; head < keyValueHeads; head++) {
    let at = (item * keyValueHeads + head) * queries;
    for (const row of rows)
      for (let query = 0; query < group; query++)
        index[at++] = row * (heads + keyValueHeads) + head * group + query;
  }
}

/** What the rows of branches attend to where they see so many tokens. */
function viewOf(
  branches: readonly DividedBranch[],
  sizes: CallSizes,
  rest: TrunkCall['rest'],
  window?: number,
): View {
  const { block } = sizes;
  const sees = branches.map((branch) => branch.tokens.map((_, row) => sightOf(branch, row, window)));
  /** Which blocks, from its first on, a text needs: none of its rows sees those before. */
  const needed = branches.map((branch, text) => {
    const oldest = Math.min(...(sees[text] ?? []).map((sight) => sight.oldest));
    return { ...branch, past: branch.past.slice(Math.floor(oldest / block)) };
  });
  const { shared, own } = blocksOf(needed);
  const parts = [shared, own].map((blocks) => pastCall(blocks, needed, sees, sizes, window !== undefined));
  const [sharedPart, ownPart] = parts as [PastRows, PastRows];
  return {
    shared: sharedPart.call,
    own: ownPart.call,
    restMask: restMaskOf(branches, sees, sizes, rest),
    ...itemsOf(branches, sees, sizes, rest, [sharedPart, ownPart]),
  };
}

/** Blocks of a past with the rows that attend to them, in their order. */
interface PastRows {
  readonly call: PastCall;
  readonly rowsOf: ReadonlyMap<TextBlock, ReadonlyMap<number, number>>;
}

function pastCall(
  blocks: readonly TextBlock[],
  branches: readonly DividedBranch[],
  sees: readonly (readonly Sight[])[],
  sizes: CallSizes,
  masked: boolean,
): PastRows {
  const { heads, keyValueHeads, block: tokens } = sizes;
  const group = heads / keyValueHeads;
  const rowsOf = new Map<TextBlock, Map<number, number>>(blocks.map((block) => [block, new Map()]));
  const sights = new Map<number, Sight>();
  branches.forEach(({ past, first }, text) => {
    for (const block of past) {
      const rows = rowsOf.get(block);
      if (rows !== undefined) sees[text]?.forEach((_, row) => rows.set(first + row, rows.size));
    }
    sees[text]?.forEach((sight, row) => sights.set(first + row, sight));
  });
  const { first, count } = spanOf(blocks);
  const queries = atLeastTwo(Math.max(1, ...[...rowsOf.values()].map(({ size }) => size)), group) * group;
  const index = new Int32Array(count * keyValueHeads * queries);
  const mask = masked ? new Float32Array(count * queries * tokens) : undefined;
  for (const [block, rows] of rowsOf) {
    writeQueries(index, block.at - first, queries, [...rows.keys()], sizes);
    const start = (block.count - 1) * tokens;
    for (const [row, place] of rows) {
      const hidden = Math.min(tokens, Math.max(0, (sights.get(row)?.oldest ?? 0) - start));
      for (let query = place * group; query < (place + 1) * group; query++) {
        const at = ((block.at - first) * queries + query) * tokens;
        mask?.fill(UNSEEN, at, at + hidden);
      }
    }
  }
  return { call: { first, count, queries, index, ...(mask !== undefined && { mask }) }, rowsOf };
}

/** What rows see of the rest of their texts. */
function restMaskOf(
  branches: readonly DividedBranch[],
  sees: readonly (readonly Sight[])[],
  { heads, keyValueHeads, block }: CallSizes,
  { blocks, places, queries }: TrunkCall['rest'],
): Float32Array {
  const group = heads / keyValueHeads;
  const mask = new Float32Array(branches.length * blocks * queries * places).fill(UNSEEN);
  branches.forEach(({ past, length, shape }, text) => {
    const base = past.length * block;
    sees[text]?.forEach(({ oldest, place }, row) => {
      const see = (from: number, end: number) => {
        for (let number = 0; number < blocks; number++) {
          const [start, stop] = [from, end].map((position) =>
            Math.min(places, Math.max(0, position - base - number * block)),
          ) as [number, number];
          for (let query = row * group; query < (row + 1) * group; query++) {
            const at = ((text * blocks + number) * queries + query) * places;
            if (start < stop) mask.fill(0, at + start, at + stop);
          }
        }
      };
      if (shape === 'chain') see(oldest, place + 1);
      else {
        see(oldest, length);
        see(place, place + 1);
      }
    });
  });
  return mask;
}

/** The results that make up the attention of each row and head. */
function itemsOf(
  branches: readonly DividedBranch[],
  sees: readonly (readonly Sight[])[],
  { heads, keyValueHeads, block }: CallSizes,
  rest: TrunkCall['rest'],
  parts: readonly [PastRows, PastRows],
): Pick<View, 'items' | 'itemsOfRow'> {
  const group = heads / keyValueHeads;
  const sizeOf = ({ count, queries }: PastCall) => count * keyValueHeads * queries;
  const starts = [0, sizeOf(parts[0].call)] as const;
  const restStart = starts[1] + sizeOf(parts[1].call);
  const none = restStart + branches.length * rest.blocks * keyValueHeads * rest.queries;
  /** The blocks of a row: where the results of its first head begin, and how far those of the next head of keys are. */
  const lists: { start: number; apart: number }[][] = [];
  branches.forEach(({ past, first }, text) => {
    sees[text]?.forEach(({ oldest, place }, index) => {
      const row = first + index;
      const list: { start: number; apart: number }[] = [];
      for (let number = Math.floor(oldest / block); number <= Math.floor(place / block); number++) {
        const own = past[number];
        if (own === undefined) {
          const item = text * rest.blocks + number - past.length;
          const start = restStart + item * keyValueHeads * rest.queries + index * group;
          list.push({ start, apart: rest.queries });
          continue;
        }
        parts.forEach(({ call, rowsOf }, part) => {
          const at = rowsOf.get(own)?.get(row);
          if (at === undefined) return;
          const item = (own.at - call.first) * keyValueHeads * call.queries;
          list.push({ start: (starts[part] ?? 0) + item + at * group, apart: call.queries });
        });
      }
      lists.push(list);
    });
  });
  const most = Math.max(...lists.map(({ length }) => length));
  // A row with one result takes it as it is, which needs no sums.
  const itemsOfRow = most === 1 ? 1 : inSteps(most);
  const items = new Int32Array(lists.length * heads * itemsOfRow).fill(none);
  lists.forEach((list, row) => {
    list.forEach(({ start, apart }, place) => {
      for (let head = 0; head < heads; head++) {
        const own = start + Math.floor(head / group) * apart + (head % group);
        items[(row * heads + head) * itemsOfRow + place] = own;
      }
    });
  });
  return { items, itemsOfRow };
}

/** The past blocks of a call, for the store. */
export function pastBlocksOf({ whole, window = whole }: TrunkCall, slides: boolean): PastBlocks {
  return slides ? window : whole;
}
