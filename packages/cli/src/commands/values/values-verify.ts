import { openValuesFolder, verifyValues } from '@halfspace/subspace';
import { inLine } from '../../terminal/harmless.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';

/** `halfspace values verify`. */
export async function verifyFolder(folder: string, { json }: JsonFlag): Promise<void> {
  const { manifest } = await verifyValues(await openValuesFolder(folder));
  if (json) return printJson(manifest);
  const { values, model, files } = manifest;
  print(
    `${folder} is what it says: ${values.join(', ')} of ${inLine(model.name)}, in ${Object.keys(files).length} files.`,
  );
}
