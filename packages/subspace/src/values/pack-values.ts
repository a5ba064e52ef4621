import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { fileFault, writeDirectory, writeWhole } from '@halfspace/files';
import type { SubspaceArtifact } from '../artifact/subspace-artifact.js';
import { subspaceFileOf } from './value-folder.js';
import { LICENCE, MANIFEST, REPOSITORY, type ValuesManifest } from './values-manifest.js';

/** A value to be packed. */
export interface PackedValue {
  /** Its subspaces, by what follows `subspace` in the name of their file. */
  readonly artifacts: Readonly<Record<string, SubspaceArtifact>>;
  /** Its card (default: none but what the card of the folder says). */
  readonly card?: string;
}

/** Settings of {@link packValues}. */
export interface PackOptions {
  /** The model on the hub, as `ORG/NAME`. */
  readonly baseModel: string;
  /** Licence of the folder, as the hub has it, such as `apache-2.0`. */
  readonly licence: string;
}

/**
 * Writes a folder of values to be published: subspaces and cards, a card of the folder with the front matter that the hub
 * reads (`base_model`, `license`), and the digests of all. It appears whole or not at all.
 *
 * @param directory - Must be free, or an empty directory.
 * @throws HalfspaceError `bad-option` without values, for values of several models, and for a model or licence that is no
 * name; `directory-not-empty`, `not-writable`, `disk-full`
 */
export async function packValues(
  directory: string,
  values: readonly PackedValue[],
  options: PackOptions,
): Promise<ValuesManifest> {
  const files = new Map<string, string>();
  const { model, names } = checkValues(values, options);
  for (const { artifacts, card } of values) {
    const [{ attribute }] = Object.values(artifacts);
    for (const [which, artifact] of Object.entries(artifacts))
      files.set(`${attribute}/${subspaceFileOf(which)}`, `${JSON.stringify(artifact, undefined, 2)}\n`);
    if (card !== undefined) files.set(`${attribute}/README.md`, card);
  }
  files.set('README.md', cardOf(values, model.name, options));
  const digests = [...files].map(([path, text]) => [
    path,
    { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') },
  ]);
  const manifest: ValuesManifest = {
    format: 'halfspace-values',
    version: 1,
    model,
    baseModel: options.baseModel,
    licence: options.licence,
    values: names,
    files: Object.fromEntries(digests) as ValuesManifest['files'],
  };
  files.set(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await writeFolder(directory, files);
  return manifest;
}

function checkValues(values: readonly PackedValue[], { baseModel, licence }: PackOptions) {
  const artifacts = values.flatMap((value) => Object.values(value.artifacts));
  const [first] = artifacts;
  const insist = (holds: boolean, fault: string): void => {
    if (!holds) throw new HalfspaceError('bad-option', fault);
  };
  insist(values.length > 0 && first !== undefined, 'There is no value to pack.');
  insist(
    new RegExp(REPOSITORY).test(baseModel),
    `"${baseModel}" is no model on the hub: name it as ORG/NAME.`,
  );
  insist(
    new RegExp(LICENCE).test(licence),
    `"${licence}" is no licence as the hub has them, such as apache-2.0.`,
  );
  const { name, fingerprint } = first.model;
  insist(
    artifacts.every(({ model }) => model.fingerprint === fingerprint),
    'The values are of several models. Pack those of one.',
  );
  return {
    model: { name, fingerprint },
    names: values.map((value) => Object.values(value.artifacts)[0].attribute),
  };
}

/** The card of a folder: what the hub reads, what is in it, and how it is used. */
function cardOf(values: readonly PackedValue[], model: string, { baseModel, licence }: PackOptions): string {
  const rows = values.flatMap(({ artifacts, card }) =>
    Object.entries(artifacts).map(([which, { attribute, layers, figures, data }]) => {
      const { auroc, low, high } = figures.every;
      const kind = data.heldOut.crossValidation === undefined ? 'held out' : 'out of fold';
      const name = card === undefined ? attribute : `[${attribute}](${attribute}/README.md)`;
      return `| ${name}${which && ` (${which})`} | ${layers.join(', ')} | ${auroc.toFixed(3)} | ${low.toFixed(3)} to ${high.toFixed(3)} | ${data.heldOut.rows} texts, ${kind} |`;
    }),
  );
  return `---
base_model: ${baseModel}
license: ${licence}
library_name: halfspace
tags:
  - halfspace
  - halfspace-values
---

# Values for ${baseModel}

Subspaces of ${model} for [Halfspace](https://www.npmjs.com/package/halfspace): directions in the model's hidden states
that tell text with a value from text without it. They are numbers and text; nothing in this folder is run.

| value | layer | AUROC, every token | 95 % interval | measured on |
| ----- | ----- | ------------------ | ------------- | ----------- |
${rows.join('\n')}

\`\`\`sh
npx halfspace values pull ORG/NAME
npx halfspace generate "I think" --model ${baseModel} --attribute ${Object.values(values[0].artifacts)[0].attribute}=2
\`\`\`

They fit the weights with the fingerprint ${Object.values(values[0].artifacts)[0].model.fingerprint} and are refused on others.
`;
}

async function writeFolder(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await mkdir(dirname(directory), { recursive: true });
    await writeDirectory(directory, async (folder) => {
      for (const [path, text] of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeWhole(join(folder, path), [text]);
      }
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST')
      throw new HalfspaceError(
        'directory-not-empty',
        `There is something in ${directory} already. Name a new directory.`,
        {
          cause: error,
        },
      );
    throw error instanceof HalfspaceError ? error : fileFault(error, directory, 'write');
  }
}
