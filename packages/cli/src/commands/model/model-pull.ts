import { CATALOGUE } from '@halfspace/model';
import { findModel } from '../../model/find-model.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';

/**
 * Where a model is, where it came from and, of one that was asked for by its name in the catalogue, its licence, in a line.
 */
export function foundLine(
  spec: string | undefined,
  { path, source }: { readonly path: string; readonly source: string },
): string {
  const licence = CATALOGUE.find(({ name }) => name === spec?.toLowerCase())?.licence;
  return `${path}  (${licence === undefined ? source : `${source}, licence: ${licence}`})`;
}

/** `halfspace model pull`. */
export async function pullModel(
  spec: string | undefined,
  { json }: JsonFlag,
  signal: AbortSignal,
): Promise<void> {
  const found = await findModel(spec, signal);
  if (json) printJson(found);
  else print(foundLine(spec, found));
}
