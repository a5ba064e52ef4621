import { PRESETS, type Halfspace } from '@halfspace/core';
import { ApiError } from './http/api-error.js';
import type { Steering } from './request/steering.js';

/** A model id that clients can choose: the model, plain or with a preset. */
export interface ServedModel {
  /** What clients write, such as `smollm2:balanced`. */
  readonly id: string;
  /** The preset, if it is one. */
  readonly preset?: string;
}

/**
 * Ids of a model.
 *
 * @param names - What the model is called, in any of several ways.
 * @param presets - Of the server.
 */
export function servedModels(
  names: readonly string[],
  presets: Readonly<Record<string, Steering>>,
): ServedModel[] {
  const all = [...new Set([...Object.keys(PRESETS), ...Object.keys(presets)])];
  return names.flatMap((id) => [{ id }, ...all.map((preset) => ({ id: `${id}:${preset}`, preset }))]);
}

/** What a model is called where nobody says: its own name in lower case, without the ending of its file's arithmetic. */
export function modelName({ backend }: Halfspace): string {
  const name = backend.model.name
    .replace(/\.(gguf|q\d\w*|f16|f32|bf16)$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z\d._-]+/g, '-');
  return name === '' ? 'model' : name;
}

/**
 * The model that a request names.
 *
 * @throws ApiError 404
 */
export function findModel(models: readonly ServedModel[], id: string): ServedModel {
  const found = models.find((each) => each.id === id);
  if (found !== undefined) return found;
  const known = models.map((each) => each.id).slice(0, 20);
  throw new ApiError(
    404,
    'model_not_found',
    `There is no model ${JSON.stringify(id.slice(0, 100))}. There are ${known.join(', ')}.`,
    { param: 'model' },
  );
}
