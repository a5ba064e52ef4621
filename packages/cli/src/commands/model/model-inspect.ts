import {
  CATALOGUE,
  createTokenizer,
  describeArchitecture,
  modelModule,
  openModelFile,
  type Architecture,
  type MetadataValue,
  type ModelFile,
} from '@halfspace/model';
import { isHalfspaceError, type Tokenizer } from '@halfspace/core';
import { projectRegistry } from '../../config/project-modules.js';
import { findModel } from '../../model/find-model.js';
import type { JsonFlag } from '../../options/json.js';
import { print, printJson } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { describeNeeds, machineNeeds } from './machine-needs.js';

/** `halfspace model inspect`. */
export async function inspectModel(
  spec: string | undefined,
  { json }: JsonFlag,
  signal: AbortSignal,
): Promise<void> {
  const { path } = await findModel(spec, signal);
  const file = await openModelFile(path);
  try {
    const found = await inspect(file);
    if (json) printJson(found);
    else for (const line of describe(found)) print(line);
  } finally {
    await file.close();
  }
}

type Size = 'layers' | 'width' | 'heads' | 'keyValueHeads' | 'feedForward' | 'contextLength';

/** What is known of a model without running it. What its file does not say is `null`. */
type Inspection = Awaited<ReturnType<typeof inspect>>;

async function inspect(file: ModelFile) {
  const { name, path, format, fingerprint } = file;
  const tensors = [...file.tensors.values()];
  const architecture = await architectureOf(file);
  return {
    name,
    path,
    format,
    fingerprint,
    licence: licenceOf(file),
    architecture,
    parameters: tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    tensors: tensors.length,
    types: countTypes(file),
    ...(await tokenizerOf(file)),
    /** Layers whose hidden states a subspace can read: from the embedding to the last block. */
    subspaceLayers: architecture.layers === null ? null : { from: 0, to: architecture.layers },
    needs: await needsOf(file),
  };
}

/** Sizes by the names of GGUF and config.json, whether or not Halfspace can run the family; else as the family describes them. */
async function architectureOf(file: ModelFile) {
  const { format, metadata } = file;
  const gguf = format === 'gguf';
  const named = metadata.get(gguf ? 'general.architecture' : 'model_type');
  const family = typeof named === 'string' ? named : null;
  const described = await describedBy(file);
  const size = (field: Size, ggufKey: string, configKey: string) =>
    numberOr(metadata.get(gguf ? `${family}.${ggufKey}` : configKey), described?.[field] ?? null);
  return {
    family,
    layers: size('layers', 'block_count', 'num_hidden_layers'),
    width: size('width', 'embedding_length', 'hidden_size'),
    heads: size('heads', 'attention.head_count', 'num_attention_heads'),
    keyValueHeads: size('keyValueHeads', 'attention.head_count_kv', 'num_key_value_heads'),
    feedForward: size('feedForward', 'feed_forward_length', 'intermediate_size'),
    contextLength: size('contextLength', 'context_length', 'max_position_embeddings'),
  };
}

/** What a model needs of this machine, and whether it fits; null of one that Halfspace cannot run. */
async function needsOf(file: ModelFile) {
  const registry = await projectRegistry(modelModule);
  return machineNeeds(file, registry).catch((error: unknown) => {
    if (isHalfspaceError(error)) return null;
    throw error;
  });
}

/** What its family says of a model; undefined where none does, or it refuses the model, which may be looked at all the same. */
async function describedBy(file: ModelFile): Promise<Architecture | undefined> {
  const registry = await projectRegistry(modelModule);
  return describeArchitecture(file, registry).catch((error: unknown) => {
    if (isHalfspaceError(error)) return undefined;
    throw error;
  });
}

function numberOr(value: MetadataValue | undefined, otherwise: number | null): number | null {
  return typeof value === 'number' ? value : otherwise;
}

function licenceOf({ metadata, fingerprint }: ModelFile): string | null {
  const given = metadata.get('general.license');
  if (typeof given === 'string') return given;
  return CATALOGUE.find(({ files: [weights] }) => weights?.sha256 === fingerprint)?.licence ?? null;
}

function countTypes({ tensors }: ModelFile): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of tensors.values()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

async function tokenizerOf(file: ModelFile) {
  try {
    const tokenizer = await createTokenizer(file);
    return { vocabulary: tokenizer.vocabularySize, chatTemplate: hasChatTemplate(tokenizer) };
  } catch (error) {
    // A model with a tokenizer that Halfspace cannot read may still be looked at.
    if (!isHalfspaceError(error, 'unsupported-model')) throw error;
    return { vocabulary: null, chatTemplate: null };
  }
}

function hasChatTemplate(tokenizer: Tokenizer): boolean {
  try {
    tokenizer.renderChat([{ role: 'user', content: 'Hello' }]);
    return true;
  } catch (error) {
    if (isHalfspaceError(error, 'no-chat-template')) return false;
    throw error;
  }
}

function describe(found: Inspection): string[] {
  const { architecture, subspaceLayers } = found;
  const say = (value: string | number | null, unit = '') =>
    value === null ? 'unknown' : `${value.toLocaleString('en')}${unit}`;
  return table([
    ['name', found.name],
    ['path', found.path],
    ['format', found.format],
    ['fingerprint', found.fingerprint],
    ['licence', say(found.licence)],
    ['family', say(architecture.family)],
    ['layers', say(architecture.layers)],
    ['width', say(architecture.width)],
    ['heads', `${say(architecture.heads)}, ${say(architecture.keyValueHeads)} of keys and values`],
    ['feed-forward', say(architecture.feedForward)],
    ['context', say(architecture.contextLength, ' tokens')],
    ['parameters', `${say(found.parameters)} in ${found.tensors} tensors`],
    [
      'types',
      Object.entries(found.types)
        .map(([type, count]) => `${count} ${type}`)
        .join(', '),
    ],
    ['vocabulary', say(found.vocabulary, ' tokens')],
    ['chat template', found.chatTemplate === null ? 'unknown' : found.chatTemplate ? 'yes' : 'no'],
    [
      'subspaces',
      subspaceLayers === null ? 'unknown' : `can read layers ${subspaceLayers.from} to ${subspaceLayers.to}`,
    ],
    ...(found.needs === null ? [] : describeNeeds(found.needs)),
  ]);
}
