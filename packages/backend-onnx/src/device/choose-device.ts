import { HalfspaceError } from '@halfspace/core';
import { isGpuArithmetic, type Arithmetic, type Device, type GpuArithmetic } from './device.js';
import { knownDevicePath, readKnownDevice, writeKnownDevice } from './faster-device.js';
import { findGpu, mayBeFaster, probeDevice, type DeviceAbilities } from './probe.js';

/** What is asked for, and of which model. */
export interface DeviceRequest {
  readonly device: Device | 'auto';
  readonly precision: Arithmetic | undefined;
  readonly threads: number;
  /** Where measurements are kept. */
  readonly cache: string;
  readonly fingerprint: string;
}

/** Where a model may run. */
export interface DeviceChoice {
  /** What runs the graphs for a processor; undefined where a GPU is to run the model. */
  readonly host?: Exclude<Device, 'webgpu'>;
  /** Arithmetic on the GPU; undefined where it is not to run the model. */
  readonly gpu?: GpuArithmetic;
  /** Keeps which of both was found to be faster; called where both are there. */
  readonly remember: (device: 'cpu' | 'webgpu') => Promise<void>;
}

const forget = async (): Promise<void> => undefined;

/** The arithmetic of a GPU: what was asked for, or half precision where it has that. */
function arithmeticOn({ halves }: DeviceAbilities, precision: Arithmetic | undefined): GpuArithmetic {
  if (precision !== undefined && isGpuArithmetic(precision)) return precision;
  return halves ? 'f16' : 'f32';
}

async function chooseAutomatically(request: DeviceRequest): Promise<DeviceChoice> {
  const { precision, cache, fingerprint, threads } = request;
  const host: DeviceChoice = { host: 'cpu', remember: forget };
  if (precision !== undefined && !isGpuArithmetic(precision)) return host;
  const found = await findGpu();
  if (found === undefined || (precision === 'f16' && !found.halves)) return host;
  const gpu = arithmeticOn(found, precision);
  const memo = knownDevicePath(cache, fingerprint, [threads, precision ?? '', gpu]);
  const known = await readKnownDevice(memo);
  if (known !== undefined) return known.device === 'cpu' ? host : { gpu, remember: forget };
  const remember = async (device: 'cpu' | 'webgpu') => writeKnownDevice(memo, { device });
  if (await mayBeFaster()) return { host: 'cpu', gpu, remember };
  await remember('cpu');
  return host;
}

/**
 * Decides what may run a model. Where both a GPU and the processor may, it is to be measured which is faster.
 *
 * @throws HalfspaceError `no-device`; `bad-option` where the GPU has no half precision
 */
export async function chooseDevice(request: DeviceRequest): Promise<DeviceChoice> {
  const { device, precision } = request;
  if (device === 'auto') return chooseAutomatically(request);
  if (device === 'cpu') return { host: device, remember: forget };
  const found = await probeDevice(device);
  if (device !== 'webgpu') return { host: device, remember: forget };
  if (precision === 'f16' && !found.halves)
    throw new HalfspaceError(
      'bad-option',
      'This GPU has no half precision (shader-f16). Take the precision f32 or int4, or leave it out.',
    );
  return { gpu: arithmeticOn(found, precision), remember: forget };
}
