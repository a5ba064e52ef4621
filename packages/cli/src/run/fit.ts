import { rm } from 'node:fs/promises';
import { HalfspaceError, isHalfspaceError } from '@halfspace/core';
import {
  fitSubspace,
  readFitState,
  writeFitState,
  writeSubspace,
  type DataReport,
  type FitOptions,
  type FitState,
  type HeldOutPairs,
  type SubspaceArtifact,
} from '@halfspace/subspace';
import { assertWritable } from '../atomic-file.js';
import { errColours } from '../colours.js';
import type { FitFlags } from '../commands/fit.js';
import { gatherByPrompt } from '../gather-by-prompt.js';
import { arePairs, openLabelledTexts } from '../labelled-texts.js';
import { note, print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { recipeOf } from '../recipe-of.js';
import { table } from '../table.js';
import { withBackend } from '../with-backend.js';

/** Where a subspace is read unless the user says where, as a share of the blocks. */
const DEFAULT_HEIGHT = 0.6;

/** `halfspace fit`. */
export async function fit(flags: FitFlags, signal: AbortSignal): Promise<void> {
  const statePath = flags.state ?? `${flags.output}.state`;
  await assertWritable(flags.output);
  await assertWritable(statePath);
  const texts = openLabelledTexts(flags.data, flags, await recipeOf(flags.attribute, flags, note), signal);
  const gather = flags.centring === 'prompt' && !arePairs(flags);
  const rows = gather ? await gatherByPrompt(texts) : texts;
  const state = await readState(statePath);
  let report: DataReport | undefined;
  const artifact = await withBackend(flags, signal, async (backend) => {
    const progress = createProgress('Fitting', (done, total) => `${done} of ${total} tokens`);
    return fitSubspace(backend, rows, {
      ...optionsOf(flags),
      layer: flags.layer ?? Math.round(backend.model.layers * DEFAULT_HEIGHT),
      state,
      signal,
      onReport(found) {
        report = found;
        for (const line of linesOf(found, texts.leftOut)) note(line);
      },
      onState: async (reached) => writeFitState(statePath, reached),
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  }).catch(async (error: unknown) => {
    // Another attempt would differ in what the state is bound to.
    if (isHalfspaceError(error, 'not-above-chance')) await rm(statePath, { force: true });
    throw isHalfspaceError(error, 'other-state') ? explain(error, statePath) : error;
  });
  await writeSubspace(flags.output, artifact);
  await rm(statePath, { force: true });
  if (flags.json) printJson({ output: flags.output, report, ...summaryOf(artifact) });
  else describe(artifact, flags.output);
}

/** What an earlier run of the same fit left when it was interrupted. */
async function readState(path: string): Promise<FitState | undefined> {
  try {
    const state = await readFitState(path);
    const rows = state.counted.reduce((sum, counted) => sum + counted.rows, 0);
    note(`Going on after ${amount(rows, 'row')}, from ${path}.`);
    return state;
  } catch (error) {
    if (isHalfspaceError(error, 'state-not-found')) return undefined;
    throw error;
  }
}

function explain(error: HalfspaceError, path: string): HalfspaceError {
  return new HalfspaceError(error.code, `${path}: ${error.message} Removing the file starts anew.`, {
    cause: error,
  });
}

/** What is told of the data before the model runs. */
function linesOf(report: DataReport, leftOut: number): string[] {
  const { rows, positive, negative, groups, tokens, warnings } = report;
  const sides = [positive, negative].map((side) => Math.round(side).toLocaleString('en'));
  return [
    ...(leftOut > 0 ? [`${amount(leftOut, 'row')} on neither side or empty left out.`] : []),
    `${amount(rows, 'row')}, ${sides[0]} desired and ${sides[1]} not, in ${amount(groups, 'group')}; ` +
      `${amount(tokens, 'token')} of responses.`,
    ...warnings.map((warning) => `${errColours.yellow('warning')}: ${warning}`),
  ];
}

function amount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

function optionsOf(flags: FitFlags): Omit<FitOptions, 'layer'> {
  const { attribute, stack, estimator, positions, centring, chat, heldOut, seed, force } = flags;
  return {
    attribute,
    pairs: arePairs(flags),
    ...(stack !== undefined && { stack }),
    ...(estimator !== undefined && { estimator }),
    ...(positions !== undefined && { positions }),
    ...(centring !== undefined && { centring }),
    ...(chat !== undefined && { chat }),
    ...(heldOut !== undefined && { heldOut }),
    ...(seed !== undefined && { seed }),
    ...(force !== undefined && { force }),
  };
}

/** All but the direction and what every file has. */
function summaryOf({ attribute, model, layers, layerScores, estimator, ...rest }: SubspaceArtifact) {
  const { positions, centring, chat, calibration, data, figures, forced } = rest;
  return {
    attribute,
    model,
    layers,
    ...(layerScores && { layerScores }),
    estimator,
    positions,
    centring,
    chat,
    calibration,
    data,
    figures,
    ...(forced && { forced }),
  };
}

const READINGS = {
  last: 'after the last token',
  mean: 'mean over the response',
  min: 'minimum over the response',
} as const;

function describe(
  { attribute, model, layers, layerScores, data, figures }: SubspaceArtifact,
  output: string,
): void {
  const { heldOut } = data;
  if (layerScores !== undefined) {
    const scores = layerScores.map((score) => [String(score.layer), score.auroc.toFixed(3)]);
    for (const line of table([['layer', 'AUROC on the rows fitted on, cross-validated'], ...scores]))
      print(line);
    print();
  }
  print(
    `${attribute} at layer ${layers.join(', ')} of ${model.name}, measured on ${heldOut.rows} held-out texts:\n`,
  );
  const areas = Object.entries({ ...READINGS, every: 'every token by itself' }).map(([key, reading]) => {
    const { auroc, ...interval } = figures[key as keyof typeof READINGS | 'every'];
    return [reading, auroc.toFixed(3), shown(interval)];
  });
  for (const line of table([['read', 'AUROC', '95 % interval'], ...areas])) print(line);
  if (figures.pairs !== undefined) describePairs(figures.pairs);
  print(`\nWritten to ${output}.`);
}

function describePairs({ similarLength, ...all }: HeldOutPairs): void {
  for (const [which, pairs] of Object.entries({ '': all, ' of similar length': similarLength })) {
    if (pairs === undefined) continue;
    print(`\nThe better response has the larger margin, in ${amount(pairs.count, 'pair')}${which}:\n`);
    const shares = Object.entries(READINGS).map(([key, reading]) => {
      const { share, ...interval } = pairs[key as keyof typeof READINGS];
      return [reading, share.toFixed(3), shown(interval)];
    });
    for (const line of table([['read', 'share', '95 % interval'], ...shares])) print(line);
  }
}

function shown({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low.toFixed(3)} to ${high.toFixed(3)}`;
}
