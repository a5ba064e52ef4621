import { HalfspaceError } from '@halfspace/core';
import type { ModelFile } from '../weights.js';

/** The error for a model that asks for what the graphs do not do. */
export function unsupported({ name }: Pick<ModelFile, 'name'>, what: string): HalfspaceError {
  return new HalfspaceError('unsupported-model', `${name} ${what}, which Halfspace does not do.`);
}
