import { hubSetOf } from '@halfspace/labels';
import { fetchDataset, parseDatasetSpec } from '@halfspace/model';
import { createLoadBars } from '../model/load-bars.js';
import { note } from '../terminal/output.js';
import { emptyFile, type Row } from './rows.js';

/** Commits that were told of, so that a set that is read several times is told of once. */
const told = new Set<string>();

/**
 * The rows of a data set on the hub, file by file; fetched where they are not in the cache. Where the columns of the set are known,
 * rows have those that the commands read beside their own.
 *
 * @param streamFile - Reads a file.
 * @throws HalfspaceError `bad-option`, `empty-file`, what `fetchDataset` and reading a file throw
 */
export async function* streamHub(
  name: string,
  streamFile: (path: string, signal?: AbortSignal) => AsyncGenerator<Row>,
  signal?: AbortSignal,
): AsyncGenerator<Row> {
  const spec = parseDatasetSpec(name);
  const known = hubSetOf(spec.repository);
  const { repository, revision, part = known?.part } = spec;
  const bars = createLoadBars();
  const { onProgress } = bars;
  const fetched = await fetchDataset(
    { repository, revision, part },
    { onProgress, ...(signal && { signal }) },
  ).finally(() => bars.stop());
  const licence = known === undefined ? 'see its card for its licence' : known.licence;
  const about = `${name}: ${repository} at ${fetched.commit.slice(0, 12)} (${licence}), ${fetched.files.map((file) => file.name).join(', ')}.`;
  if (!told.has(about)) note(about);
  told.add(about);
  let number = 0;
  for (const file of fetched.files) {
    for await (const { values, place } of streamFile(file.path, signal)) {
      number++;
      const at = `${name}, ${place.replace(file.path, file.name)}`;
      for (const more of known?.rowsOf(values) ?? [{}]) yield { values: { ...values, ...more }, place: at };
    }
  }
  if (number === 0) throw emptyFile(name);
}
