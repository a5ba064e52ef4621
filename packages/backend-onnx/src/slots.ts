/** Consecutive tokens of a text, from a multiple of their number on, whose keys and values lie together in a block of the store. */
export interface TextBlock {
  /** Which block of the store. It may be put elsewhere: do not keep it over a call. */
  at: number;
  /** The block of the tokens before. */
  readonly before: TextBlock | undefined;
  /** How many blocks the text has up to and including this one. */
  readonly count: number;
}

/** A token as its place in the store sees it. */
export interface Placed {
  /** Where its keys and values lie. It may be put elsewhere: do not keep it over a call. */
  slot: number;
  /** The block that it is the last token of. */
  block: TextBlock | undefined;
}

/** Keys and values that are to be copied: those of slots, in order, to the slots from `to` on. */
export interface Copy {
  readonly from: readonly number[];
  readonly to: number;
}

/** Blocks of a store that change places. */
export type Exchange = readonly [one: number, other: number];

/** Which token lies where in the store. What must be copied or exchanged for that is left to the caller, before the next call. */
export interface Slots<N extends Placed> {
  /** Slots in use or free below the last one in use. */
  readonly extent: number;
  /** Takes the lowest free slot, for a row or a token. */
  take(): number;
  /** Takes a slot that is taken once more. */
  share(slot: number): void;
  /** Gives up a slot; it is free once as often as it was taken. */
  release(slot: number): void;
  /** Says which token lies in its slot. */
  settle(node: N): void;
  /** Gives up the slot of a token, and the block that it is the last token of. */
  free(node: N): void;
  /** Whether a token lies in the block of some text: another text that has it can have a copy, and not the slot. */
  isInBlock(node: N): boolean;
  /** Puts the tokens of a block, as many as it has slots, into one; those that lie in another already stay there as well. */
  seal(nodes: readonly N[], before: TextBlock | undefined): Copy;
  /**
   * Sees to it that lists of blocks lie in parts of the store that have not more than twice as many.
   *
   * @returns What is to be exchanged, one after another.
   */
  arrange(lists: readonly (readonly TextBlock[])[]): Exchange[];
}

/** The part of the store that some of its blocks lie in. */
export function spanOf(blocks: readonly TextBlock[]): { readonly first: number; readonly count: number } {
  if (blocks.length === 0) return { first: 0, count: 0 };
  let [first, last] = [Infinity, 0];
  for (const { at } of blocks) [first, last] = [Math.min(first, at), Math.max(last, at)];
  return { first, count: last - first + 1 };
}

/** Where in the store most of some blocks lie already, as the first of as many. */
function denseStart(wanted: readonly TextBlock[]): number {
  const places = wanted.map(({ at }) => at).toSorted((a, b) => a - b);
  let [best, most] = [0, 0];
  let end = 0;
  for (const [index, start] of places.entries()) {
    while (end < places.length && (places[end] ?? 0) < start + places.length) end++;
    if (end - index > most) [best, most] = [start, end - index];
  }
  return best;
}

/** An empty store of blocks of `size` slots. */
export function createSlots<N extends Placed>(size: number): Slots<N> {
  /** How often each slot is taken. */
  const taken: number[] = [];
  const owners: (N | undefined)[] = [];
  /** Of each block, how many of its slots are taken, and the block of a text that it is. */
  const blocks: { slots: number; sealed: TextBlock | undefined }[] = [];
  /** No slot below it is free. */
  let firstFree = 0;

  const blockOf = (slot: number) => Math.floor(slot / size);
  const sealedAt = (slot: number) => blocks[blockOf(slot)]?.sealed;
  const isFree = (slot: number) => (taken[slot] ?? 0) === 0;

  function infoOf(block: number): { slots: number; sealed: TextBlock | undefined } {
    while (blocks.length <= block) blocks.push({ slots: 0, sealed: undefined });
    return blocks[block] as (typeof blocks)[number];
  }

  function occupy(slot: number): void {
    while (taken.length < slot) taken.push(0);
    taken[slot] = 1;
    infoOf(blockOf(slot)).slots++;
  }

  function release(slot: number): void {
    taken[slot] = (taken[slot] ?? 1) - 1;
    if (taken[slot] > 0) return;
    owners[slot] = undefined;
    infoOf(blockOf(slot)).slots--;
    firstFree = Math.min(firstFree, slot);
  }

  /** Forgets what is free behind all that is in use. */
  function trim(): void {
    for (let last = blocks.at(-1); last?.slots === 0 && last.sealed === undefined; last = blocks.at(-1))
      blocks.pop();
    taken.length = Math.min(taken.length, blocks.length * size);
    if (blocks.at(-1)?.sealed === undefined) while (taken.at(-1) === 0) taken.pop();
    owners.length = Math.min(owners.length, taken.length);
  }

  function move(from: number, to: number, owner: N | undefined): void {
    owners[to] = owner;
    if (owner?.slot === from) owner.slot = to;
  }

  function exchange(one: number, other: number): void {
    while (taken.length < (Math.max(one, other) + 1) * size) taken.push(0);
    for (let place = 0; place < size; place++) {
      const [a, b] = [one * size + place, other * size + place];
      const [first, second] = [owners[a], owners[b]];
      move(b, a, second);
      move(a, b, first);
      const times = taken[a] ?? 0;
      taken[a] = taken[b] ?? 0;
      taken[b] = times;
    }
    const [first, second] = [infoOf(one), infoOf(other)];
    blocks[one] = second;
    blocks[other] = first;
    if (first.sealed !== undefined) first.sealed.at = other;
    if (second.sealed !== undefined) second.sealed.at = one;
    firstFree = 0;
  }

  return {
    get extent() {
      return blocks.at(-1)?.sealed === undefined ? taken.length : blocks.length * size;
    },
    take() {
      while (!isFree(firstFree) || sealedAt(firstFree) !== undefined)
        firstFree = sealedAt(firstFree) === undefined ? firstFree + 1 : (blockOf(firstFree) + 1) * size;
      occupy(firstFree);
      return firstFree;
    },
    share: (slot) => void (taken[slot] = (taken[slot] ?? 0) + 1),
    release(slot) {
      release(slot);
      trim();
    },
    settle: (node) => void (owners[node.slot] = node),
    free(node) {
      release(node.slot);
      if (node.block !== undefined) {
        infoOf(node.block.at).sealed = undefined;
        firstFree = Math.min(firstFree, node.block.at * size);
        node.block = undefined;
      }
      trim();
    },
    isInBlock: ({ slot }) => sealedAt(slot) !== undefined,
    seal(nodes, before) {
      const free = blocks.findIndex(({ slots, sealed }) => slots === 0 && sealed === undefined);
      const at = free < 0 ? blocks.length : free;
      const from = nodes.map(({ slot }) => slot);
      nodes.forEach((node, place) => {
        if (sealedAt(node.slot) !== undefined) return;
        release(node.slot);
        const to = at * size + place;
        occupy(to);
        node.slot = to;
        owners[to] = node;
      });
      const block: TextBlock = { at, before, count: (before?.count ?? 0) + 1 };
      infoOf(at).sealed = block;
      const last = nodes.at(-1);
      if (last !== undefined) last.block = block;
      trim();
      return { from, to: at * size };
    },
    arrange(lists) {
      const wanted = lists.flat();
      const spans = lists.reduce((sum, list) => sum + spanOf(list).count, 0);
      if (spans <= 2 * wanted.length) return [];
      const start = denseStart(wanted);
      const exchanged: Exchange[] = [];
      wanted.forEach((block, index) => {
        if (block.at === start + index) return;
        exchanged.push([block.at, start + index]);
        exchange(block.at, start + index);
      });
      trim();
      return exchanged;
    },
  };
}
