import { GPU_STORE, GPU_TRUNK } from '@halfspace/model';
import { runSession, Tensor, type InferenceSession } from '@halfspace/onnx-runtime';

/** Slots are added by whole steps of this many. */
const STEP = 64;

/** A store that is full grows to so many times its size at least. */
const GROWTH = 1.25;

/** Keys and values of the tokens of a tree in the memory of a GPU, of one part of the trunk. */
export interface GpuStore {
  /** The arrays as inputs of the trunk. Do not keep them over {@link GpuStore.fit}. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The same arrays as its outputs: rows are written in place. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Makes room for `slots` slots, and gives back what is far too much. */
  fit(slots: number): Promise<void>;
  dispose(): void;
}

/** What a store is made of. */
export interface GpuStoreParts {
  /** Blocks, from `first` on, up to but without `end`. */
  readonly first: number;
  readonly end: number;
  /** Numbers of the keys of a token in a block. */
  readonly rowWidth: number;
  readonly type: 'float32' | 'float16';
  /** Makes a larger array of a smaller one. */
  readonly grow: InferenceSession;
}

/** An empty store. */
export function createGpuStore({ first, end, rowWidth, type, grow }: GpuStoreParts): GpuStore {
  const layers = Array.from({ length: end - first }, (_, index) => first + index);
  const names = layers.flatMap((layer) => [
    { input: GPU_TRUNK.pastKeys(layer), output: GPU_TRUNK.keys(layer) },
    { input: GPU_TRUNK.pastValues(layer), output: GPU_TRUNK.values(layer) },
  ]);
  let capacity = 0;
  let slabs: Tensor[] = [];

  /** The first slots of an array, without a copy; a single empty one where there is none. */
  function beginning(slab: Tensor | undefined, slots: number): Tensor {
    const dims = [slots, rowWidth];
    if (slab?.location === 'gpu-buffer')
      return Tensor.fromGpuBuffer(slab.gpuBuffer, { dataType: type, dims });
    const size = slots * rowWidth;
    return type === 'float32'
      ? new Tensor(
          type,
          (slab?.data as Float32Array | undefined)?.subarray(0, size) ?? new Float32Array(size),
          dims,
        )
      : new Tensor(
          type,
          (slab?.data as Uint16Array | undefined)?.subarray(0, size) ?? new Uint16Array(size),
          dims,
        );
  }

  async function resize(wanted: number, used: number): Promise<void> {
    const kept = capacity === 0 ? 1 : Math.min(capacity, used);
    const added = new Tensor('int64', BigInt64Array.of(BigInt(wanted - kept), BigInt(rowWidth)), [2]);
    const made: Tensor[] = [];
    try {
      for (let index = 0; index < names.length; index++) {
        const feeds = { [GPU_STORE.kept]: beginning(slabs[index], kept), [GPU_STORE.added]: added };
        made.push((await runSession(grow, feeds))[GPU_STORE.grown] as Tensor);
      }
    } catch (error) {
      for (const slab of made) slab.dispose();
      throw error;
    }
    for (const slab of slabs) slab.dispose();
    slabs = made;
    capacity = wanted;
  }

  const named = (which: 'input' | 'output') =>
    Object.fromEntries(slabs.map((slab, index) => [names[index]?.[which] ?? '', slab]));
  return {
    get inputs() {
      return named('input');
    },
    get outputs() {
      return named('output');
    },
    async fit(slots) {
      const wanted = (Math.floor(slots / STEP) + 1) * STEP;
      // Slack that grows with the store keeps copies few; a store that is much too large shrinks.
      if (wanted > capacity)
        await resize(Math.max(wanted, Math.ceil((capacity * GROWTH) / STEP) * STEP), capacity);
      else if (wanted * 2 < capacity) await resize(wanted, slots);
    },
    dispose() {
      for (const slab of slabs) slab.dispose();
      slabs = [];
      capacity = 0;
    },
  };
}
