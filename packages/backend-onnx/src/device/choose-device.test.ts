import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseDevice, type DeviceRequest } from './choose-device.js';
import { assertDevice } from './device.js';
import { knownDevicePath } from './faster-device.js';

const machine = vi.hoisted(() => ({
  gpu: undefined as { halves: boolean } | undefined,
  faster: true,
  timed: 0,
}));
vi.mock('./probe.js', () => ({
  findGpu: async () => machine.gpu,
  probeDevice: async () => {
    if (machine.gpu === undefined) throw new HalfspaceError('no-device', 'There is no GPU.');
    return machine.gpu;
  },
  mayBeFaster: async () => {
    machine.timed++;
    return machine.faster;
  },
}));

let cache: string;
beforeEach(async () => {
  Object.assign(machine, { gpu: { halves: true }, faster: true, timed: 0 });
  cache = await mkdtemp(join(tmpdir(), 'halfspace-'));
});
afterEach(async () => rm(cache, { recursive: true, force: true }));

const choose = async (request: Partial<DeviceRequest>) =>
  chooseDevice({ device: 'auto', precision: undefined, threads: 1, fingerprint: 'abc', cache, ...request });

describe('the device auto', () => {
  it('is the processor where there is no GPU, and nothing fails', async () => {
    machine.gpu = undefined;
    for (const precision of [undefined, 'f32', 'f16', 'int4', 'int8'] as const)
      expect(await choose({ precision })).toMatchObject({ host: 'cpu' });
    expect(machine.timed).toBe(0);
  });

  it('has both measured where there is a GPU that may be faster, and knows the outcome the next time', async () => {
    const choice = await choose({});
    expect(choice).toMatchObject({ host: 'cpu', gpu: 'f16' });
    await choice.remember('webgpu');
    expect(await choose({})).toMatchObject({ gpu: 'f16' });
    expect((await choose({})).host).toBeUndefined();
    expect(machine.timed).toBe(1);
    // Of another number of threads nothing is known yet.
    expect(await choose({ threads: 2 })).toMatchObject({ host: 'cpu', gpu: 'f16' });
  });

  it('is the processor where products are slower on the GPU, which is measured once', async () => {
    machine.faster = false;
    for (let time = 0; time < 2; time++) {
      const choice = await choose({});
      expect([choice.host, choice.gpu]).toEqual(['cpu', undefined]);
    }
    expect(machine.timed).toBe(1);
  });

  it('measures again where what is known is damaged', async () => {
    await (await choose({})).remember('webgpu');
    await writeFile(knownDevicePath(cache, 'abc', [1, '', 'f16']), '{"device":"toaster"');
    expect(await choose({})).toMatchObject({ host: 'cpu', gpu: 'f16' });
  });

  it('does without half precision where the GPU does', async () => {
    machine.gpu = { halves: false };
    expect(await choose({})).toMatchObject({ gpu: 'f32' });
    expect((await choose({ precision: 'f16' })).gpu).toBeUndefined();
  });

  it('is the processor for an arithmetic that only that has', async () => {
    expect((await choose({ precision: 'int8' })).gpu).toBeUndefined();
  });
});

describe('a device that is named', () => {
  it('is taken without a measurement', async () => {
    expect(await choose({ device: 'webgpu' })).toMatchObject({ gpu: 'f16' });
    expect(await choose({ device: 'webgpu', precision: 'int4' })).toMatchObject({ gpu: 'int4' });
    expect(await choose({ device: 'cpu' })).toMatchObject({ host: 'cpu' });
    expect(await choose({ device: 'cuda' })).toMatchObject({ host: 'cuda' });
    expect(machine.timed).toBe(0);
  });

  it('is refused where it is not there, or lacks the arithmetic', async () => {
    machine.gpu = { halves: false };
    await expect(choose({ device: 'webgpu', precision: 'f16' })).rejects.toMatchObject({
      code: 'bad-option',
    });
    machine.gpu = undefined;
    for (const device of ['webgpu', 'coreml', 'dml'] as const)
      await expect(choose({ device })).rejects.toMatchObject({ code: 'no-device' });
  });

  it('must be one that there is, and have the arithmetic that is asked for', () => {
    expect(() => assertDevice('tpu' as 'cpu', undefined)).toThrow('The option device is auto, cpu, webgpu');
    expect(() => assertDevice('cpu', 'f16')).toThrow('on the device cpu is f32, int8 or int4; got f16');
    expect(() => assertDevice('webgpu', 'int8')).toThrow(
      'on the device webgpu is f32, f16 or int4; got int8',
    );
    for (const precision of ['f32', 'int8', 'f16', 'int4'] as const)
      expect(() => assertDevice('auto', precision)).not.toThrow();
  });
});
