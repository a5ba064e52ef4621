import { rm } from 'node:fs/promises';
import { isHalfspaceError } from '@halfspace/core';
import { fitSubspace, type HeldOutPairs, type SubspaceArtifact, writeSubspace } from '@halfspace/subspace';
import { pluralise } from '../../terminal/pluralise.js';
import { assertWritable } from '@halfspace/files';
import type { FitFlags } from './flags.js';
import { openFitData } from '../../data/fit-data.js';
import { explained, mergeStates, readState } from './fit-states.js';
import { inLine } from '../../terminal/harmless.js';
import { print, printJson } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { withFit } from './with-fit.js';

/** `halfspace fit`. */
export async function fit(flags: FitFlags, output: string, signal: AbortSignal): Promise<void> {
  const statePath = flags.state ?? `${output}.state`;
  await assertWritable(output);
  await assertWritable(statePath);
  const { rows, leftOut } = await openFitData(flags.attribute, flags.data, flags, signal);
  const left = await readState(statePath);
  const state = left ?? (flags.merge && (await mergeStates(flags.merge)));
  const run = { title: 'Fitting', state, statePath, leftOut };
  const { result: artifact, report } = await withFit(flags, run, signal, async (backend, options) =>
    fitSubspace(backend, rows, options),
  ).catch(async (error: unknown) => {
    // Another attempt would differ in what the state is bound to.
    if (isHalfspaceError(error, 'not-above-chance')) await rm(statePath, { force: true });
    throw left === undefined
      ? explained(error, '--merge:', 'Name the states of all shards, each whole, in the order of the data.')
      : explained(error, `${statePath}:`, 'Removing the file starts anew.');
  });
  await writeSubspace(output, artifact);
  await rm(statePath, { force: true });
  if (flags.json) printJson({ output, report, ...summaryOf(artifact) });
  else describe(artifact, output);
}

/** All but the direction and what every file has. */
function summaryOf({ attribute, model, layers, layerScores, estimator, ...rest }: SubspaceArtifact) {
  const { positions, centring, chat, shrinkage, calibration, data, figures, forced } = rest;
  return {
    attribute,
    model,
    layers,
    ...(layerScores && { layerScores }),
    estimator,
    positions,
    centring,
    chat,
    ...(shrinkage !== undefined && { shrinkage }),
    calibration,
    data,
    figures,
    ...(forced && { forced }),
  };
}

const POOLINGS = {
  last: 'after the last token',
  mean: 'mean over the response',
  min: 'minimum over the response',
} as const;

function describe(
  { attribute, model, layers, layerScores, data, figures }: SubspaceArtifact,
  output: string,
): void {
  if (layerScores !== undefined) {
    const scores = layerScores.map(({ layer, auroc, error }) => [
      String(layer),
      auroc.toFixed(3),
      error?.toFixed(3) ?? '–',
    ]);
    for (const line of table([
      ['layer', 'AUROC on the rows fitted on, cross-validated', 'standard error'],
      ...scores,
    ]))
      print(line);
    print();
  }
  print(`${attribute} at layer ${layers.join(', ')} of ${inLine(model.name)}, ${measuredOn(data)}:\n`);
  const areas = Object.entries({ ...POOLINGS, every: 'every token by itself' }).map(([key, pooling]) => {
    const { auroc, ...interval } = figures[key as keyof typeof POOLINGS | 'every'];
    return [pooling, auroc.toFixed(3), shown(interval)];
  });
  for (const line of table([['read', 'AUROC', '95 % interval'], ...areas])) print(line);
  if (figures.pairs !== undefined) describePairs(figures.pairs);
  print(`\nWritten to ${output}.`);
}

/** On which texts figures are, and of what kind they are. */
function measuredOn({ heldOut: { rows, crossValidation } }: SubspaceArtifact['data']): string {
  if (crossValidation === undefined) return `measured on ${rows} held-out texts`;
  const { folds, divisions } = crossValidation;
  return `measured out of fold on ${rows} texts (${folds} folds, divided ${divisions} times)`;
}

function describePairs({ similarLength, ...all }: HeldOutPairs): void {
  for (const [which, pairs] of Object.entries({ '': all, ' of similar length': similarLength })) {
    if (pairs === undefined) continue;
    print(`\nThe better response has the larger margin, in ${pluralise(pairs.count, 'pair')}${which}:\n`);
    const shares = Object.entries(POOLINGS).map(([key, pooling]) => {
      const { share, ...interval } = pairs[key as keyof typeof POOLINGS];
      return [pooling, share.toFixed(3), shown(interval)];
    });
    for (const line of table([['read', 'share', '95 % interval'], ...shares])) print(line);
  }
}

function shown({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low.toFixed(3)} to ${high.toFixed(3)}`;
}
