import { createHalfspace, type Halfspace } from '@halfspace/core';
import { type HalfspaceProvider, providerOf } from './create-provider.js';

/** The id of the model that comes where nothing is chosen. */
const DEFAULT = 'default';

/**
 * The provider of all models that `@halfspace/backend-onnx` runs, with the attributes `nontoxic`, `helpful` and `truthful`:
 * `halfspace('default')`, or the name or the path of a model. It is fetched and loaded when it is first used.
 */
export const halfspace: HalfspaceProvider = providerOf('halfspace', (modelId) => async () => load(modelId));

async function load(modelId: string): Promise<Halfspace> {
  const [{ createOnnxBackend }, { nontoxic }, { helpful }, { truthful }] = await Promise.all([
    import('@halfspace/backend-onnx'),
    import('@halfspace/attribute-toxicity'),
    import('@halfspace/attribute-helpfulness'),
    import('@halfspace/attribute-truthfulness'),
  ]);
  const backend = await createOnnxBackend(modelId === DEFAULT ? {} : { model: modelId });
  return createHalfspace({ backend, attributes: [nontoxic, helpful, truthful] });
}
