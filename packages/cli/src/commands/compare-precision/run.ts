import { HalfspaceError, type ReadingDifference } from '@halfspace/core';
import { assertWritable } from '@halfspace/files';
import {
  attributeOf,
  compareReadings,
  readEndMargins,
  readSubspace,
  subspaceOf,
  writeSubspace,
  type LabelledText,
  type SubspaceArtifact,
} from '@halfspace/subspace';
import { onlyFor } from '../../attributes/load-attributes.js';
import { readData } from '../../data/read-data.js';
import { withBackend } from '../../model/with-backend.js';
import { print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { table } from '../../terminal/table.js';
import type { ComparePrecisionFlags } from './flags.js';

type Kind = ComparePrecisionFlags['with'][number];

/** `halfspace compare-precision`. */
export async function comparePrecision(
  files: readonly string[],
  flags: ComparePrecisionFlags,
  signal: AbortSignal,
): Promise<void> {
  const artifacts = await Promise.all(files.map(readSubspace));
  const fitted = fittedIn(artifacts, flags);
  for (const file of files) await assertWritable(file);
  const [{ attribute }] = artifacts;
  const rows = someOfEach(await readData(attribute, flags.data, flags, signal), flags.limit);
  const read = async (precision: Kind) => endMargins(artifacts, rows, { ...flags, precision }, signal);
  const own = await read(fitted);
  const labels = rows.map(({ label }) => label);
  const others = artifacts.map((): Record<string, ReadingDifference> => ({}));
  for (const kind of new Set(flags.with)) {
    if (kind === fitted) continue;
    const margins = await read(kind);
    margins.forEach((each, a) => (others[a][kind] = compareReadings(own[a], each, labels)));
  }
  for (const [a, artifact] of artifacts.entries()) {
    const known = artifact.readings?.others;
    const readings = {
      arithmetic: fitted,
      layers: 'transformers' as const,
      others: { ...known, ...others[a] },
    };
    await writeSubspace(files[a], { ...artifact, readings });
  }
  show(files, attribute, fitted, others, flags.json === true);
}

/** The arithmetic that margins are compared with. */
function fittedIn(
  artifacts: readonly SubspaceArtifact[],
  { precision = 'f32' }: ComparePrecisionFlags,
): Kind {
  const names = new Set(artifacts.map(({ attribute }) => attribute));
  if (names.size > 1)
    throw new HalfspaceError(
      'bad-option',
      `The files are of several attributes (${[...names].join(', ')}), and labels are of one. Compare them one after another.`,
    );
  const told = new Set(artifacts.flatMap(({ readings }) => readings?.arithmetic ?? []));
  for (const each of told)
    if (told.size > 1 || !['f32', 'int8', 'int4'].includes(each))
      throw new HalfspaceError(
        'bad-option',
        `The files were fitted in ${[...told].join(' and ')}. Compare files of one arithmetic (f32, int8 or int4) at a time.`,
      );
  return (([...told][0] as Kind | undefined) ?? precision) as Kind;
}

/** The first rows of each label, so that there are as many of both where the data have them. */
function someOfEach(rows: readonly LabelledText[], limit: number): LabelledText[] {
  const left = [limit, limit];
  return rows.filter(({ label }) => left[label >= 0.5 ? 1 : 0]-- > 0);
}

async function endMargins(
  artifacts: readonly SubspaceArtifact[],
  rows: readonly LabelledText[],
  flags: ComparePrecisionFlags,
  signal: AbortSignal,
): Promise<number[][]> {
  const { precision } = flags;
  const required = onlyFor(artifacts.map((each) => attributeOf(each)));
  return withBackend({ ...flags, ...required }, signal, async (backend) => {
    const progress = createProgress(`Reading in ${precision}`, (done, total) => `${done} of ${total} rows`);
    return readEndMargins(backend, artifacts.map(subspaceOf), rows, {
      chat: artifacts[0].chat,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  });
}

function show(
  files: readonly string[],
  attribute: string,
  fitted: Kind,
  others: readonly Readonly<Record<string, ReadingDifference>>[],
  asJson: boolean,
): void {
  if (asJson) {
    files.forEach((file, a) => printJson({ file, attribute, fitted, others: others[a] }));
    return;
  }
  const rows = files.flatMap((file, a) =>
    Object.entries(others[a]).map(([kind, { rows: count, margin, shift, auroc }]) => [
      file,
      kind,
      `${count}`,
      margin.toFixed(3),
      shift.toFixed(3),
      `${auroc[1].toFixed(4)} (${auroc[0].toFixed(4)} in ${fitted})`,
    ]),
  );
  for (const line of table([['file', 'in', 'rows', 'margins differ by', 'on average', 'AUROC'], ...rows]))
    print(line);
}
