import { TRUNK } from '@halfspace/model';
import { Tensor } from '@halfspace/onnx-runtime';

/** Slots are added by whole steps of this many. */
const STEP = 64;

/** A store that is full grows to so many times its size at least. */
const GROWTH = 1.25;

function inSteps(slots: number): number {
  return Math.max(1, Math.ceil(slots / STEP)) * STEP;
}

/** Keys and values of all tokens of the tree, of one part of the trunk: per block and kind one array [capacity, rowWidth]. */
export interface KeyValueStore {
  /** How many blocks they are of. */
  readonly blocks: number;
  /** The arrays as inputs of the trunk. Do not keep them over {@link KeyValueStore.fit}. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Makes room for `slots` slots, and gives back what is not needed. */
  fit(slots: number): void;
  /**
   * Keeps one row of a trunk call in a slot.
   *
   * @param keysValues - The call's output, [1, rows, blocks · 2 · rowWidth].
   */
  write(slot: number, keysValues: Float32Array, row: number): void;
}

/**
 * An empty store for the blocks from `first` on, up to but without `end`, of a model whose key/value heads together
 * have `rowWidth` numbers a token and block.
 */
export function createKeyValueStore(first: number, end: number, rowWidth: number): KeyValueStore {
  const names = Array.from({ length: end - first }, (_, index) => [
    TRUNK.pastKeys(first + index),
    TRUNK.pastValues(first + index),
  ]).flat();
  let capacity = STEP;
  let slabs = names.map(() => new Float32Array(capacity * rowWidth));
  let inputs = asInputs();

  function asInputs(): Record<string, Tensor> {
    return Object.fromEntries(
      slabs.map((slab, index) => [names[index], new Tensor('float32', slab, [capacity, rowWidth])]),
    );
  }

  function resize(wanted: number): void {
    const kept = Math.min(capacity, wanted) * rowWidth;
    slabs = slabs.map((old) => {
      const slab = new Float32Array(wanted * rowWidth);
      slab.set(old.subarray(0, kept));
      return slab;
    });
    capacity = wanted;
    inputs = asInputs();
  }

  return {
    blocks: end - first,
    get inputs() {
      return inputs;
    },
    fit(slots) {
      const wanted = inSteps(slots);
      // Slack that grows with the store keeps copies few; a store that is much too large shrinks.
      if (wanted > capacity) resize(Math.max(wanted, inSteps(capacity * GROWTH)));
      else if (wanted * 2 < capacity) resize(wanted);
    },
    write(slot, keysValues, row) {
      let from = row * slabs.length * rowWidth;
      for (const slab of slabs) {
        slab.set(keysValues.subarray(from, from + rowWidth), slot * rowWidth);
        from += rowWidth;
      }
    },
  };
}
