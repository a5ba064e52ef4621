/** Slots are added by this many at a time. */
const STEP = 64;

/** Keys and values of all tokens of the tree: per block and kind one array [heads, capacity, headWidth]. */
export interface KeyValueStore {
  /** Slots that the arrays have room for: whole steps of 64, and at least one. */
  readonly capacity: number;
  /** Arrays of a block, for the trunk. Do not keep them over {@link KeyValueStore.fit}. */
  keys(layer: number): Float32Array;
  values(layer: number): Float32Array;
  /** Makes room for `slots` slots, and gives back what is not needed. */
  fit(slots: number): void;
  /**
   * Keeps one row of a trunk call in a slot.
   *
   * @param keysValues - The call's output, [1, rows, layers · 2 · heads · headWidth].
   */
  write(slot: number, keysValues: Float32Array, row: number): void;
}

/** An empty store. */
export function createKeyValueStore(sizes: {
  layers: number;
  heads: number;
  headWidth: number;
}): KeyValueStore {
  const { layers, heads, headWidth } = sizes;
  const arrays = (capacity: number) =>
    Array.from({ length: layers * 2 }, () => new Float32Array(heads * capacity * headWidth));
  let capacity = STEP;
  let slabs = arrays(capacity);

  function resize(wanted: number): void {
    const old = slabs;
    const kept = Math.min(capacity, wanted) * headWidth;
    slabs = arrays(wanted);
    slabs.forEach((slab, index) => {
      for (let head = 0; head < heads; head++) {
        const from = head * capacity * headWidth;
        const source = old[index]?.subarray(from, from + kept);
        if (source !== undefined) slab.set(source, head * wanted * headWidth);
      }
    });
    capacity = wanted;
  }

  const slab = (index: number): Float32Array => {
    const found = slabs[index];
    if (found === undefined) throw new RangeError(`There is no block ${index >> 1}.`);
    return found;
  };

  return {
    get capacity() {
      return capacity;
    },
    keys: (layer) => slab(layer * 2),
    values: (layer) => slab(layer * 2 + 1),
    fit(slots) {
      const wanted = Math.max(1, Math.ceil(slots / STEP)) * STEP;
      // Rows pay for unused slots, so a store that is much too large shrinks; a little slack saves copies.
      if (wanted > capacity || wanted * 2 < capacity) resize(wanted);
    },
    write(slot, keysValues, row) {
      let from = row * slabs.length * heads * headWidth;
      for (const each of slabs) {
        for (let head = 0; head < heads; head++, from += headWidth) {
          each.set(keysValues.subarray(from, from + headWidth), (head * capacity + slot) * headWidth);
        }
      }
    },
  };
}
