import { HalfspaceError } from '@halfspace/core';
import { writeControlVectors } from '@halfspace/model';
import { readSubspace, subspaceOf } from '@halfspace/subspace';
import { note, print, printJson } from '../../terminal/output.js';
import type { ExportFlags } from './command.js';

/** `halfspace values export`. */
export async function exportDirection(path: string, { output, modelHint, json }: ExportFlags): Promise<void> {
  const artifact = await readSubspace(path);
  const { direction, calibration } = subspaceOf(artifact);
  const { layers, model, attribute } = artifact;
  const { width } = model;
  if (layers[0] < 2) {
    throw new HalfspaceError(
      'bad-option',
      `${path} reads layer ${layers[0]}; llama.cpp adds directions after block 1, which is layer 2, at the earliest.`,
    );
  }
  const directions = new Map(
    layers.map((layer, i) => [
      layer - 1,
      // Adding it raises the margin by 1: of several layers each its share.
      direction.slice(i * width, (i + 1) * width).map((value) => value / calibration.slope),
    ]),
  );
  const notes = { attribute, model: model.name, fingerprint: model.fingerprint };
  await writeControlVectors(output, { modelHint, directions, notes });
  if (json) printJson({ output, directions: [...directions.keys()].map((block) => `direction.${block}`) });
  else
    print(`Written to ${output}: ${[...directions.keys()].map((block) => `direction.${block}`).join(', ')}.`);
  note(
    'Lost: the offset, the calibration, the shrinkage and the check of the model. It is added there, and read here.',
  );
}
