import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { type PackedValue, packValues, readSubspace, type ValueFolder } from '@halfspace/subspace';
import { print, printJson } from '../../terminal/output.js';
import type { PackFlags } from './command.js';
import { cardOf, ownValuesOf } from './own-values.js';

/** `halfspace values pack`. */
export async function packOwnValues(model: string, flags: PackFlags): Promise<void> {
  const { output, baseModel, licence, values: names, json } = flags;
  const { values } = await ownValuesOf(model);
  const missing = names?.find((name) => values.every((value) => value.name !== name));
  if (missing !== undefined) {
    const there = values.map(({ name }) => name).join(', ');
    throw new HalfspaceError(
      'subspace-not-found',
      `There is no value "${missing}" of this model. There are: ${there}.`,
    );
  }
  const chosen = values.filter(({ name }) => names === undefined || names.includes(name));
  const packed = await Promise.all(chosen.map(packedValue));
  const manifest = await packValues(output, packed, { baseModel, licence });
  if (json) printJson({ output, ...manifest });
  else
    print(`${manifest.values.join(', ')} packed in ${output}. Publish it with: hf upload ORG/NAME ${output}`);
}

async function packedValue(value: ValueFolder): Promise<PackedValue> {
  const files = (await readdir(value.path)).filter((file) => /^subspace(-[a-z0-9]+)*\.json$/.test(file));
  const artifacts = await Promise.all(
    files.map(
      async (file) =>
        [file.replace(/^subspace-?|\.json$/g, ''), await readSubspace(join(value.path, file))] as const,
    ),
  );
  const card = await cardOf(value);
  return { artifacts: Object.fromEntries(artifacts), ...(card !== undefined && { card }) };
}
