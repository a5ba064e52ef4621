/// <reference lib="es2024.arraybuffer" />
import { TRUNK, type KvCache } from '@halfspace/model';
import { Tensor } from '@halfspace/onnx-runtime';
import type { Copy } from './slots.js';

/** A store that is full grows to so many times its size at least. */
const GROWTH = 1.25;

/** Bytes of an array that it can grow to in its place, at first. */
const RESERVED = 2 ** 26;

/** The most that an array can be reserved. */
const MOST_RESERVED = 2 ** 32;

/** Numbers as a store keeps them: float16 has no array in JavaScript, and is kept by its bits. */
export type Numbers = Float32Array | Uint16Array;

/** Consecutive blocks of a store. */
export interface Blocks {
  readonly first: number;
  readonly count: number;
}

/** The past blocks of a call: those that several texts have in common, and those of one. */
export interface PastBlocks {
  readonly shared: Blocks;
  readonly own: Blocks;
}

/** Sizes of a store. */
export interface StoreSizes {
  readonly keyValueHeads: number;
  readonly headWidth: number;
  /** Slots of a block. */
  readonly block: number;
  readonly kvCache: KvCache;
}

/**
 * Keys and values of all tokens of the tree, of one part of the trunk. Of each of its layers they are one array of keys and one
 * of values, [blocks, keyValueHeads, slots of a block, headWidth].
 */
export interface KeyValueStore {
  /** How many layers they are of. */
  readonly layers: number;
  /**
   * The arrays as inputs of the trunk, without copies. Do not keep them over {@link KeyValueStore.fit}.
   *
   * @param of - The past blocks of a layer.
   */
  inputs(of: (layer: number) => PastBlocks): Record<string, Tensor>;
  /** Makes room for so many blocks, and gives back what is not needed. */
  fit(blocks: number): void;
  /**
   * Keeps one row of a trunk call in a slot.
   *
   * @param keysValues - The call's output, [rows, layers · 2 · keyValueHeads, headWidth].
   */
  write(slot: number, keysValues: Numbers, row: number): void;
  /** Copies slots. */
  copy(copy: Copy): void;
  /** Exchanges two blocks. */
  exchange(one: number, other: number): void;
}

/** An array that grows in its place as far as it can: without a copy. */
function createSlab(kvCache: KvCache) {
  const wide = kvCache === 'f32' ? 4 : 2;
  let reserved = RESERVED;
  let buffer = reserve(0);

  function reserve(bytes: number): ArrayBuffer {
    while (reserved < bytes) reserved *= 2;
    // An array that large has no room to grow: it is copied then.
    return new ArrayBuffer(bytes, { maxByteLength: Math.max(bytes, Math.min(reserved, MOST_RESERVED)) });
  }

  return {
    resize(count: number): void {
      const bytes = count * wide;
      if (bytes <= buffer.maxByteLength) {
        buffer.resize(bytes);
        return;
      }
      const old = new Uint8Array(buffer);
      buffer = reserve(bytes);
      new Uint8Array(buffer).set(old);
    },
    view: (start: number, count: number): Numbers =>
      kvCache === 'f32'
        ? new Float32Array(buffer, start * wide, count)
        : new Uint16Array(buffer, start * wide, count),
  };
}

/** An empty store for the layers from `first` on, up to but without `end`. */
export function createKeyValueStore(first: number, end: number, sizes: StoreSizes): KeyValueStore {
  const { keyValueHeads, headWidth, block, kvCache } = sizes;
  const type = kvCache === 'f32' ? 'float32' : 'float16';
  const blockSize = keyValueHeads * block * headWidth;
  const kindsOf = (layer: number) => [
    {
      slab: createSlab(kvCache),
      name: TRUNK.storedKeys(layer),
      sharedName: TRUNK.sharedKeys(layer),
      ownName: TRUNK.ownKeys(layer),
    },
    {
      slab: createSlab(kvCache),
      name: TRUNK.storedValues(layer),
      sharedName: TRUNK.sharedValues(layer),
      ownName: TRUNK.ownValues(layer),
    },
  ];
  const layers = Array.from({ length: end - first }, (_, index) => {
    const layer = first + index;
    return { layer, kinds: kindsOf(layer) };
  });
  const slabs = layers.flatMap(({ kinds }) => kinds);
  let capacity = 0;
  let arrays: Numbers[] = [];
  /** Made again where they change: to make them for each call takes longer than some of its products. */
  const inputs: Record<string, Tensor> = {};
  const seen = new Map<string, Blocks>();
  resize(1);

  function resize(wanted: number): void {
    capacity = wanted;
    seen.clear();
    for (const { slab } of slabs) slab.resize(capacity * blockSize);
    arrays = slabs.map(({ slab }) => slab.view(0, capacity * blockSize));
    slabs.forEach(({ name }, index) => {
      const shape = [capacity * keyValueHeads * block, headWidth];
      inputs[name] = new Tensor(type, arrays[index] ?? new Float32Array(), shape);
    });
  }

  function see(name: string, slab: ReturnType<typeof createSlab>, { first: from, count }: Blocks): void {
    const before = seen.get(name);
    if (before?.first === from && before.count === count) return;
    const data = slab.view(from * blockSize, count * blockSize);
    inputs[name] = new Tensor(type, data, [count, keyValueHeads, block, headWidth]);
    seen.set(name, { first: from, count });
  }

  /** Where the numbers of a slot's first head begin; those of the next head lie a block of tokens further. */
  function startOf(slot: number): number {
    return Math.floor(slot / block) * blockSize + (slot % block) * headWidth;
  }

  return {
    layers: layers.length,
    inputs(of) {
      for (const { layer, kinds } of layers) {
        const { shared, own } = of(layer);
        for (const { slab, sharedName, ownName } of kinds) {
          see(sharedName, slab, shared);
          see(ownName, slab, own);
        }
      }
      return inputs;
    },
    fit(blocks) {
      // Slack that grows with the store keeps calls to the system few; a store that is much too large shrinks.
      if (blocks > capacity) resize(Math.max(blocks, Math.ceil(capacity * GROWTH)));
      else if (Math.max(1, blocks) * 2 < capacity) resize(Math.max(1, blocks));
    },
    write(slot, keysValues, row) {
      const start = startOf(slot);
      let from = row * arrays.length * keyValueHeads * headWidth;
      for (const array of arrays) {
        for (let head = 0; head < keyValueHeads; head++) {
          array.set(keysValues.subarray(from, from + headWidth), start + head * block * headWidth);
          from += headWidth;
        }
      }
    },
    copy({ from, to }) {
      for (const [index, slot] of from.entries()) {
        const [start, end] = [startOf(slot), startOf(to + index)];
        for (const array of arrays)
          for (let head = 0; head < keyValueHeads; head++) {
            const apart = head * block * headWidth;
            array.copyWithin(end + apart, start + apart, start + apart + headWidth);
          }
      }
    },
    exchange(one, other) {
      for (const array of arrays) {
        const kept = array.slice(one * blockSize, (one + 1) * blockSize);
        array.copyWithin(one * blockSize, other * blockSize, (other + 1) * blockSize);
        array.set(kept, other * blockSize);
      }
    },
  };
}
