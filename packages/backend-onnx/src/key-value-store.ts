/** Slots are added by this many at a time. */
const STEP = 64;

/** Keys and values of all tokens of the tree: per block and kind one array [capacity, rowWidth]. */
export interface KeyValueStore {
  /** Slots that the arrays have room for: whole steps of 64, and at least one. */
  readonly capacity: number;
  /** Numbers of a token in one array: those of all key/value heads. */
  readonly rowWidth: number;
  /** Arrays of a block, for the trunk. Do not keep them over {@link KeyValueStore.fit}. */
  keys(layer: number): Float32Array;
  values(layer: number): Float32Array;
  /** Makes room for `slots` slots, and gives back what is not needed. */
  fit(slots: number): void;
  /**
   * Keeps one row of a trunk call in a slot.
   *
   * @param keysValues - The call's output, [1, rows, layers · 2 · rowWidth].
   */
  write(slot: number, keysValues: Float32Array, row: number): void;
}

/** An empty store. */
export function createKeyValueStore(layers: number, rowWidth: number): KeyValueStore {
  const arrays = (slots: number) =>
    Array.from({ length: layers * 2 }, () => new Float32Array(slots * rowWidth));
  let capacity = STEP;
  let slabs = arrays(capacity);

  function resize(wanted: number): void {
    const old = slabs;
    const kept = Math.min(capacity, wanted) * rowWidth;
    slabs = arrays(wanted);
    slabs.forEach((slab, index) => slab.set(old[index]?.subarray(0, kept) ?? []));
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
    rowWidth,
    keys: (layer) => slab(layer * 2),
    values: (layer) => slab(layer * 2 + 1),
    fit(slots) {
      const wanted = Math.max(1, Math.ceil(slots / STEP)) * STEP;
      // A store that is much too large shrinks; a little slack saves copies.
      if (wanted > capacity || wanted * 2 < capacity) resize(wanted);
    },
    write(slot, keysValues, row) {
      let from = row * slabs.length * rowWidth;
      for (const each of slabs) {
        each.set(keysValues.subarray(from, from + rowWidth), slot * rowWidth);
        from += rowWidth;
      }
    },
  };
}
