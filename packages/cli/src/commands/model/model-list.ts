import { listCompiled, listModels as listed, modelModule, type CompiledGraphs } from '@halfspace/model';
import { projectRegistry } from '../../config/project-modules.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { since, size } from './sizes.js';

/** `halfspace model list`. */
export async function listModels({ json }: JsonFlag): Promise<void> {
  const models = await listed(await projectRegistry(modelModule));
  const compiled = await listCompiled();
  if (json) {
    for (const model of models) printJson(model);
    for (const graphs of compiled) printJson(jsonOf(graphs));
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
  if (compiled.length === 0) return;
  print('');
  for (const line of compiledTable(compiled)) print(line);
}

/** What is compiled, as a line of JSON. */
export function jsonOf(graphs: CompiledGraphs) {
  const { model, fingerprint, lastUsed, ...rest } = graphs;
  return {
    name: model ?? fingerprint,
    kind: 'compiled graphs',
    fingerprint,
    ...rest,
    lastUsed: lastUsed.toISOString(),
  };
}

/** What is compiled, as lines of a table. */
export function compiledTable(compiled: readonly CompiledGraphs[]): string[] {
  const rows = compiled.map(({ model, fingerprint, precision, bytes, lastUsed, inUse, outdated }) => [
    model ?? fingerprint,
    precision,
    size(bytes),
    since(lastUsed),
    inUse ? 'in use' : outdated ? 'of an older version' : '',
  ]);
  return table([['compiled', 'precision', 'size', 'last used', ''], ...rows]);
}
