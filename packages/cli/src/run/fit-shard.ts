import { type DataReport, sumUp, writeFitState } from '@halfspace/subspace';
import { amount } from '../amount.js';
import { assertWritable } from '../atomic-file.js';
import type { FitFlags } from '../commands/fit.js';
import { openFitData, tellOfData } from '../fit-data.js';
import { fitOptionsOf } from '../fit-options.js';
import { explained, readState } from '../fit-states.js';
import { arePairs } from '../labelled-texts.js';
import type { Shard } from '../options/shard.js';
import { print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { shardOf } from '../shard-rows.js';
import { withBackend } from '../with-backend.js';

/** `halfspace fit --shard`: sums up a part of the rows, for `--merge`. */
export async function fitShard(
  flags: FitFlags,
  { shard, path }: { readonly shard: Shard; readonly path: string },
  signal: AbortSignal,
): Promise<void> {
  await assertWritable(path);
  const { rows, leftOut } = await openFitData(flags.attribute, flags.data, flags, signal);
  const part = await shardOf(rows, shard, arePairs(flags) || flags.centring === 'prompt');
  const state = await readState(path);
  let report: DataReport | undefined;
  const summed = await withBackend(flags, signal, async (backend) => {
    const progress = createProgress('Summing', (done, total) => `${done} of ${total} tokens`);
    return sumUp(backend, part, {
      ...fitOptionsOf(flags, backend.model),
      state,
      signal,
      onReport(found) {
        report = found;
        tellOfData(found, leftOut());
      },
      onState: async (reached) => writeFitState(path, reached),
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  }).catch((error: unknown) => {
    throw explained(error, `${path}:`, 'Removing the file starts anew.');
  });
  await writeFitState(path, summed);
  if (flags.json) printJson({ state: path, shard: `${shard.index}/${shard.of}`, report });
  else print(`${amount(report?.rows ?? 0, 'row')} of shard ${shard.index}/${shard.of} summed up in ${path}.`);
}
