import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import {
  attributeOf,
  decorrelateSubspaces,
  digestOf,
  type LabelledSubspace,
  readSubspace,
  writeSubspace,
} from '@halfspace/subspace';
import { assertWritable } from '@halfspace/files';
import type { DecorrelateFlags } from './flags.js';
import { noteFitted } from '../../reports/subspace/fitted-rows.js';
import { onlyFor } from '../../attributes/load-attributes.js';
import { print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { readData } from '../../data/read-data.js';
import { table } from '../../terminal/table.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace decorrelate`. */
export async function decorrelate(
  files: readonly string[],
  flags: DecorrelateFlags,
  signal: AbortSignal,
): Promise<void> {
  if (files.length !== flags.data.length) {
    throw new HalfspaceError(
      'bad-option',
      `There are ${files.length} subspaces and ${flags.data.length} files of data. Each needs its own, in the same order.`,
    );
  }
  const artifacts = await Promise.all(files.map(readSubspace));
  const names = artifacts.map(({ attribute }) => attribute);
  if (new Set(names).size < names.length) {
    throw new HalfspaceError(
      'bad-attribute',
      `Two of the attributes ${names.join(', ')} have the same name.`,
    );
  }
  await mkdir(flags.outputDir, { recursive: true });
  const outputs = names.map((name) => join(flags.outputDir, `${name}.json`));
  for (const output of outputs) await assertWritable(output);
  const given: LabelledSubspace[] = [];
  for (const [i, artifact] of artifacts.entries()) {
    given.push({ artifact, rows: await readData(names[i], [flags.data[i]], flags, signal) });
  }
  for (const { artifact, rows } of given) {
    if (artifact.data.digest === digestOf(rows)) noteFitted(artifact.attribute);
  }
  const made = await withBackend(
    { ...flags, ...onlyFor(artifacts.map((each) => attributeOf(each))) },
    signal,
    async (backend) => {
      const progress = createProgress('Decorrelating', (done, total) => `${done} of ${total} rows`);
      return decorrelateSubspaces(backend, given, {
        signal,
        onProgress: ({ done, total }) => progress.update(done, total),
      }).finally(() => progress.stop());
    },
  );
  for (const [i, artifact] of made.entries()) await writeSubspace(outputs[i], artifact);
  if (flags.json) {
    made.forEach(({ attribute, decorrelatedFrom, calibration, figures }, i) =>
      printJson({ output: outputs[i], attribute, decorrelatedFrom, calibration, figures }),
    );
    return;
  }
  const rows = made.map(({ attribute, figures }, i) => [
    attribute,
    artifacts[i].figures.last.auroc.toFixed(3),
    figures.last.auroc.toFixed(3),
    outputs[i],
  ]);
  const heading = ['attribute', 'AUROC when fitted', 'AUROC now', 'written to'];
  for (const line of table([heading, ...rows])) print(line);
}
