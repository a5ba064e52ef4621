import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';

/** What to do with a model of which there is an ONNX export alone. */
export const ONNX_ADVICE =
  'An ONNX export is a graph for one way of running a model; Halfspace makes its own from the weights. Take the safetensors or a GGUF file of the model.';

/** Whether a directory has an ONNX export, beside its configuration or in the place where exports are put. */
export async function hasOnnxExport(directory: string): Promise<boolean> {
  const names = async (path: string) => readdir(path).catch(() => []);
  const all = [...(await names(directory)), ...(await names(join(directory, 'onnx')))];
  return all.some((name) => name.endsWith('.onnx'));
}

/** The error for a model that is an ONNX export alone. */
export function onlyOnnx(path: string): HalfspaceError {
  return new HalfspaceError('unsupported-model', `${path} is an ONNX export. ${ONNX_ADVICE}`);
}
