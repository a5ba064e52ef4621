import { HalfspaceError, isHalfspaceError } from '@halfspace/core';
import { GPU_STORE, gpuProbeGraph, gpuStoreGraph } from '@halfspace/model';
import { openSession, runSession, Tensor, type InferenceSession } from '@halfspace/onnx-runtime';
import type { Device } from './device.js';

/** Calls of the probe that are timed; the first ones compile its programs. */
const ROUNDS = 5;
const WARM_UP = 2;

async function withSession<T>(
  graph: Uint8Array,
  provider: Device,
  use: (session: InferenceSession) => Promise<T>,
): Promise<T> {
  const session = await openSession(graph, 1, { provider });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** What a device is able to do. */
export interface DeviceAbilities {
  /** Whether it computes in half precision (`shader-f16`). */
  readonly halves: boolean;
}

const SIZES = { keyValueHeads: 1, headWidth: 4 };

/** Runs a small graph on a device. */
async function tryDevice(provider: Device, precision: 'gpu-f32' | 'gpu-f16'): Promise<void> {
  await withSession(gpuStoreGraph(SIZES, precision), provider, async (session) => {
    const kept =
      precision === 'gpu-f32'
        ? new Tensor('float32', new Float32Array(4), [1, 4])
        : new Tensor('float16', new Uint16Array(4), [1, 4]);
    const added = new Tensor('int64', BigInt64Array.of(3n, 4n), [2]);
    await runSession(session, { [GPU_STORE.kept]: kept, [GPU_STORE.added]: added });
  });
}

/**
 * Finds out what a device can do, by running a small graph on it.
 *
 * @throws HalfspaceError `no-device` where there is no such device, no driver for it, or the runtime was built without it
 */
export async function probeDevice(provider: Device): Promise<DeviceAbilities> {
  try {
    await tryDevice(provider, 'gpu-f32');
  } catch (error) {
    const { cause = error } = error as Error;
    const [said = ''] = String((cause as Error).message).split('\n', 1);
    // Where in its sources the runtime found it, and by which condition, is of no use to people.
    const reason = said.replace(/^.*was false\. /, '');
    throw new HalfspaceError(
      'no-device',
      `The model cannot run on the device ${provider} here: ONNX Runtime says "${reason}". Install the driver of the GPU (for webgpu on Linux one for Vulkan, with libvulkan1), or take the device cpu or auto.`,
      { cause: error },
    );
  }
  if (provider !== 'webgpu') return { halves: false };
  const halves = await tryDevice(provider, 'gpu-f16').then(
    () => true,
    () => false,
  );
  return { halves };
}

/** What a GPU can do; undefined where there is none. */
export async function findGpu(): Promise<DeviceAbilities | undefined> {
  return probeDevice('webgpu').catch((error: unknown) => {
    if (isHalfspaceError(error, 'no-device')) return undefined;
    throw error;
  });
}

/** Milliseconds of a few products on a device, the fastest of a few calls: far less work than to load a model. */
async function timeProducts(provider: Device): Promise<number> {
  const { graph, input, rows, width } = gpuProbeGraph();
  return withSession(graph, provider, async (session) => {
    const feeds = { [input]: new Tensor('float32', new Float32Array(rows * width).fill(0.5), [rows, width]) };
    let fastest = Infinity;
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const begun = performance.now();
      await runSession(session, feeds);
      if (round >= WARM_UP) fastest = Math.min(fastest, performance.now() - begun);
    }
    return fastest;
  });
}

/** Whether a GPU may be worth loading a model for: one that a program plays, as on machines without one, is ruled out in a second. */
export async function mayBeFaster(): Promise<boolean> {
  return (await timeProducts('webgpu')) < (await timeProducts('cpu'));
}
