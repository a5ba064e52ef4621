import { HalfspaceError } from '@halfspace/core';
import type { GpuPrecision, Precision } from '@halfspace/model';
import type { Provider } from '@halfspace/onnx-runtime';

/**
 * What a model can run on, by the names of ONNX Runtime: the processor; a GPU by WebGPU; or CUDA, CoreML and DirectML where the
 * runtime has them. Those three are untested.
 */
export type Device = Provider;

/** What {@link Device} can be. */
export const DEVICES: readonly Device[] = ['cpu', 'webgpu', 'cuda', 'coreml', 'dml'];

/** Arithmetic of a model, whatever it runs on: `f32` is there everywhere, the others on some devices. */
export type Arithmetic = Precision | 'f16';

/** Arithmetic of a GPU. */
export type GpuArithmetic = 'f32' | 'f16' | 'int4';

const ON_GPU: readonly string[] = ['f32', 'f16', 'int4'] satisfies GpuArithmetic[];
const ON_HOST: readonly string[] = ['f32', 'int8', 'int4'] satisfies Precision[];

/** Whether a GPU has an arithmetic. */
export function isGpuArithmetic(precision: Arithmetic): precision is GpuArithmetic {
  return ON_GPU.includes(precision);
}

/** Whether the processor has an arithmetic. */
export function isHostArithmetic(precision: Arithmetic): precision is Precision {
  return ON_HOST.includes(precision);
}

/** The name of graphs in an arithmetic of a GPU. */
export function gpuPrecision(arithmetic: GpuArithmetic): GpuPrecision {
  return `gpu-${arithmetic}`;
}

/**
 * Refuses a device that there is not, and an arithmetic that the device does not have.
 *
 * @throws HalfspaceError `bad-option`
 */
export function assertDevice(device: Device | 'auto', precision: Arithmetic | undefined): void {
  if (device !== 'auto' && !DEVICES.includes(device))
    throw new HalfspaceError(
      'bad-option',
      `The option device is auto, ${DEVICES.join(', ')}; got ${String(device)}.`,
    );
  if (precision === undefined) return;
  const kinds =
    device === 'auto' ? [...new Set([...ON_HOST, ...ON_GPU])] : device === 'webgpu' ? ON_GPU : ON_HOST;
  if (kinds.includes(precision)) return;
  const where = device === 'auto' ? '' : ` on the device ${device}`;
  throw new HalfspaceError(
    'bad-option',
    `The option precision${where} is ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}; got ${String(precision)}.`,
  );
}
