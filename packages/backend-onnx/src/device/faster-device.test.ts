import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HalfspaceError, type Backend } from '@halfspace/core';
import { expect, it } from 'vitest';
import { isGpuFaster, readKnownDevice, timeSteps, writeKnownDevice } from './faster-device.js';

/** A backend whose steps take these milliseconds, the last of them again and again, on a clock of its own. */
function clocked(steps: readonly number[], failing?: Error) {
  let [time, done] = [0, 0];
  const released: unknown[] = [];
  const context = {};
  const backend = {
    tokenizer: { vocabularySize: 3 },
    model: { layers: 2 },
    prefill: async () => [{ context }],
    lookAhead: async () => {
      time += steps[Math.min(done++, steps.length - 1)] ?? 0;
      return [];
    },
    async next() {
      if (failing !== undefined) throw failing;
      return [];
    },
    release: (each: unknown) => released.push(each),
  } as unknown as Backend;
  return { backend, now: () => time, stepsDone: () => done, released, context };
}

it('is the fastest step after the first one, which sets up what the others use', async () => {
  const { backend, now, stepsDone, released, context } = clocked([1, 30, 20, 25]);
  expect(await timeSteps(backend, now)).toBe(20);
  expect(stepsDone()).toBe(8);
  expect(released).toEqual([context]);
});

it('begins no further step after five seconds, but times one', async () => {
  const slow = clocked([60_000, 9_000]);
  expect(await timeSteps(slow.backend, slow.now)).toBe(9_000);
  expect(slow.stepsDone()).toBe(2);
  const middling = clocked([1_500]);
  expect(await timeSteps(middling.backend, middling.now)).toBe(1_500);
  expect(middling.stepsDone()).toBe(4);
});

it('lets the text go where a step fails', async () => {
  const { backend, now, released, context } = clocked([1], new Error('lost'));
  await expect(timeSteps(backend, now)).rejects.toThrow('lost');
  expect(released).toEqual([context]);
});

it('is compared with that of the processor, which a GPU that fails is not faster than', async () => {
  const { backend, now } = clocked([10]);
  const other = (milliseconds: number, failing?: Error) => {
    const made = clocked([milliseconds], failing);
    return isGpuFaster(made.backend, backend, () => made.now() + now());
  };
  expect(await other(5)).toBe(true);
  expect(await other(20)).toBe(false);
  for (const code of ['backend-failed', 'out-of-memory'] as const)
    expect(await other(5, new HalfspaceError(code, 'lost'))).toBe(false);
  await expect(other(5, new HalfspaceError('aborted', 'ended'))).rejects.toThrow('ended');
  await expect(other(5, new Error('a fault of ours'))).rejects.toThrow('a fault of ours');
});

it('knows what was found, and nothing where that is damaged or cannot be kept', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'halfspace-'));
  try {
    const path = join(directory, 'device.json');
    expect(await readKnownDevice(path)).toBeUndefined();
    await writeKnownDevice(path, { device: 'webgpu' });
    expect(await readKnownDevice(path)).toEqual({ device: 'webgpu' });
    await writeFile(path, '{"device": "toaster"}');
    expect(await readKnownDevice(path)).toBeUndefined();
    await expect(writeKnownDevice(join(path, 'below a file'), { device: 'cpu' })).resolves.toBeUndefined();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
