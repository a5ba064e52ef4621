import { listModels as listed, modelModule } from '@halfspace/model';
import { projectRegistry } from '../../config/project-modules.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';

/** `halfspace model list`. */
export async function listModels({ json }: JsonFlag): Promise<void> {
  const models = await listed(await projectRegistry(modelModule));
  if (json) {
    for (const model of models) printJson(model);
    return;
  }
  const rows = models.map(({ name, kind, licence, path, bytes }) => [
    name,
    kind,
    licence ?? 'unknown',
    bytes === null ? '–' : `${(bytes / 1e6).toFixed(0)} MB`,
    path ?? 'not fetched yet',
  ]);
  for (const line of table([['name', 'kind', 'licence', 'size', 'path'], ...rows])) print(line);
}
