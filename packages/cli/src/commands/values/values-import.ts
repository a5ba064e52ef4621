import { HalfspaceError } from '@halfspace/core';
import { assertWritable } from '@halfspace/files';
import { type ControlVectors, readControlVectors } from '@halfspace/model';
import { adoptDirection, writeSubspace } from '@halfspace/subspace';
import { openFitData } from '../../data/fit-data.js';
import { withBackend } from '../../model/with-backend.js';
import { print, printJson } from '../../terminal/output.js';
import type { ImportFlags } from './command.js';

/** `halfspace values import`. */
export async function importDirection(path: string, flags: ImportFlags, signal: AbortSignal): Promise<void> {
  const { attribute, output, force, json } = flags;
  const { layer, direction } = chosen(await readControlVectors(path), flags.layer, path);
  await assertWritable(output);
  const { rows } = await openFitData(attribute, flags.data, flags, signal);
  const artifact = await withBackend(flags, signal, async (backend) =>
    adoptDirection(backend, rows, { attribute, layer, direction, ...(force && { force }), signal }),
  );
  await writeSubspace(output, artifact);
  const { auroc, low, high } = artifact.figures.every;
  if (json) printJson({ output, layer, figures: artifact.figures, calibration: artifact.calibration });
  else {
    print(
      `${attribute} at layer ${layer}, measured on ${artifact.data.rows} texts that it was not made of: AUROC of every token ` +
        `${auroc.toFixed(3)}, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}. Written to ${output}.`,
    );
  }
}

/** The direction of a layer; that of the only one where none is named. */
function chosen({ directions }: ControlVectors, layer: number | undefined, path: string) {
  const layers = [...directions.keys()].map((block) => block + 1);
  const wanted = layer ?? (layers.length === 1 ? layers[0] : undefined);
  const direction = wanted === undefined ? undefined : directions.get(wanted - 1);
  if (wanted !== undefined && direction !== undefined) return { layer: wanted, direction };
  const which = layer === undefined ? 'Say which with --layer' : `There is none of layer ${layer}`;
  throw new HalfspaceError(
    'unknown-layer',
    `${which}: ${path} has directions of the layers ${layers.join(', ')}.`,
  );
}
