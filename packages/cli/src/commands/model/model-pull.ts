import { findModel } from '../../model/find-model.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';

/** `halfspace model pull`. */
export async function pullModel(
  spec: string | undefined,
  { json }: JsonFlag,
  signal: AbortSignal,
): Promise<void> {
  const found = await findModel(spec, signal);
  if (json) printJson(found);
  else print(`${found.path}  (${found.source})`);
}
