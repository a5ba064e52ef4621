import { inLine } from '../../terminal/harmless.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { ownValues } from './own-values.js';

/** `halfspace values list`. */
export async function listValues({ json }: JsonFlag): Promise<void> {
  const all = await ownValues();
  const rows = all.flatMap(({ model, fingerprint, values }) =>
    values.map(({ name, path, artifacts }) => ({
      model,
      fingerprint,
      value: name,
      subspaces: artifacts.length,
      path,
    })),
  );
  if (json) return printJson(rows);
  if (rows.length === 0) return print('There are none yet: halfspace values pull fetches them.');
  const lines = rows.map(({ model, fingerprint, value, subspaces }) => [
    inLine(model),
    fingerprint.slice(0, 12),
    value,
    String(subspaces),
  ]);
  for (const line of table([['model', 'fingerprint', 'value', 'subspaces'], ...lines])) print(line);
}
