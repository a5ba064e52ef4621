import type { Arithmetic, Device } from '@halfspace/backend-onnx';
import type { Plan } from '@halfspace/evaluate';

/** The arithmetic of a plan and what it is done by: the plan was made by this command, from flags that it had checked. */
export function arithmeticOf({ model }: Plan): { precision: Arithmetic; device: Device } {
  const { precision, device = 'cpu' } = model;
  return { precision: precision as Arithmetic, device: device as Device };
}
