import { sumUp, writeFitState } from '@halfspace/subspace';
import { pluralise } from '../../terminal/pluralise.js';
import { assertWritable } from '@halfspace/files';
import type { FitFlags } from './flags.js';
import { openFitData } from '../../data/fit-data.js';
import { explained, readState } from './fit-states.js';
import { arePairs } from '../../data/labelled-texts.js';
import type { Shard } from '../../options/shard.js';
import { print, printJson } from '../../terminal/output.js';
import { shardOf } from './shard-rows.js';
import { withFit } from './with-fit.js';

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
  const run = { title: 'Summing', state, statePath: path, leftOut };
  const { result, report } = await withFit(flags, run, signal, async (backend, options) =>
    sumUp(backend, part, options),
  ).catch((error: unknown) => {
    throw explained(error, `${path}:`, 'Removing the file starts anew.');
  });
  await writeFitState(path, result);
  if (flags.json) printJson({ state: path, shard: `${shard.index}/${shard.of}`, report });
  else
    print(`${pluralise(report?.rows ?? 0, 'row')} of shard ${shard.index}/${shard.of} summed up in ${path}.`);
}
