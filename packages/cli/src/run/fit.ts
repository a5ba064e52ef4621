import {
  fitSubspace,
  type LabelledText,
  writeSubspace,
  type FitOptions,
  type SubspaceArtifact,
} from '@halfspace/subspace';
import { assertWritable } from '../atomic-file.js';
import type { FitFlags } from '../commands/fit.js';
import { columnRecipe, saysLabels, type LabelRecipe } from '../label-recipe.js';
import { knownAttributes } from '../known-attributes.js';
import { openLabelledTexts } from '../labelled-texts.js';
import { note, print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { table } from '../table.js';
import { withBackend } from '../with-backend.js';

/** Where a subspace is read unless the user says where, as a share of the blocks. */
const DEFAULT_HEIGHT = 0.6;

/** `halfspace fit`. */
export async function fit(flags: FitFlags, signal: AbortSignal): Promise<void> {
  await assertWritable(flags.output);
  const texts: LabelledText[] = [];
  const opened = openLabelledTexts(flags.data, flags, await recipeOf(flags), signal);
  for await (const text of opened) texts.push(text);
  const { leftOut } = opened;
  if (leftOut > 0)
    note(`${leftOut} rows are on neither side or empty and are left out; ${texts.length} remain.`);
  const artifact = await withBackend(flags, signal, async (backend) => {
    const progress = createProgress('Fitting', (done, total) => `${done} of ${total} rows`);
    return fitSubspace(backend, texts, {
      ...optionsOf(flags),
      layer: flags.layer ?? Math.round(backend.model.layers * DEFAULT_HEIGHT),
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  });
  await writeSubspace(flags.output, artifact);
  if (flags.json) printJson({ output: flags.output, ...summaryOf(artifact) });
  else describe(artifact, flags.output);
}

async function recipeOf(flags: FitFlags): Promise<LabelRecipe> {
  if (saysLabels(flags)) return columnRecipe(flags);
  const { byName, faults } = await knownAttributes();
  for (const fault of faults) note(fault);
  return byName.get(flags.attribute)?.labelOf ?? columnRecipe(flags);
}

function optionsOf({
  attribute,
  estimator,
  positions,
  heldOut,
  seed,
  force,
}: FitFlags): Omit<FitOptions, 'layer'> {
  return {
    attribute,
    ...(estimator !== undefined && { estimator }),
    ...(positions !== undefined && { positions }),
    ...(heldOut !== undefined && { heldOut }),
    ...(seed !== undefined && { seed }),
    ...(force !== undefined && { force }),
  };
}

function summaryOf({
  attribute,
  model,
  layer,
  estimator,
  positions,
  calibration,
  data,
  figures,
}: SubspaceArtifact) {
  return { attribute, model, layer, estimator, positions, calibration, data, figures };
}

const READINGS = {
  last: 'after the last token',
  mean: 'mean over the response',
  min: 'minimum over the response',
  every: 'every token by itself',
} as const satisfies Record<keyof SubspaceArtifact['figures'], string>;

function describe({ attribute, model, layer, data, figures }: SubspaceArtifact, output: string): void {
  const { heldOut } = data;
  print(`${attribute} at layer ${layer} of ${model.name}, measured on ${heldOut.rows} held-out texts:\n`);
  const rows = Object.entries(READINGS).map(([key, reading]) => {
    const { auroc, low, high } = figures[key as keyof typeof READINGS];
    return [reading, auroc.toFixed(3), `${low.toFixed(3)} to ${high.toFixed(3)}`];
  });
  for (const line of table([['read', 'AUROC', '95 % interval'], ...rows])) print(line);
  print(`\nWritten to ${output}.`);
}
