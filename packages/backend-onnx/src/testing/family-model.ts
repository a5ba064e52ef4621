import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from '@halfspace/core';
import { compileModel, openModelFile, type Precision } from '@halfspace/model';
import { createBackend } from '../backend.js';
import { loadGraphs } from '../load-graphs.js';
import { toyTokenizer, type Expected } from './small-model.js';

/** Where the checkpoints of families are: packages/model/fixtures/make-families.py. */
export const FAMILIES = fileURLToPath(new URL('../../../model/fixtures/families/', import.meta.url));

/** What Hugging Face transformers computes with a checkpoint of a family, and what it is. */
export interface FamilyExpected extends Expected {
  readonly family: string;
  /** Name of the family in the GGUF file beside it; null where there is none. */
  readonly gguf: string | null;
  /** Tokens that follow greedily. */
  readonly greedy: number[];
}

/** Compiles and loads a file of a checkpoint of the fixtures, and gives it to `use`. */
export async function withFamilyModel(
  name: string,
  file: 'model.safetensors' | 'model.gguf',
  precision: Precision,
  use: (backend: Backend, expected: FamilyExpected) => Promise<void>,
): Promise<void> {
  const directory = join(FAMILIES, name);
  const expected = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as FamilyExpected;
  const cache = await mkdtemp(join(tmpdir(), 'halfspace-'));
  const model = await openModelFile(join(directory, file));
  try {
    const compiled = await compileModel(model, { precision, cache });
    const { architecture, cut } = compiled;
    const { layers, width, vocabulary, contextLength } = architecture;
    const graphs = await loadGraphs(compiled, 1);
    const backend = createBackend({
      model: { name, fingerprint: model.fingerprint, layers, width, contextLength },
      architecture,
      cut,
      tokenizer: toyTokenizer(vocabulary),
      choosePrecision: () => precision,
      graphs: async () => graphs,
      disposeGraphs: async () => graphs.dispose(),
    });
    try {
      await use(backend, expected);
    } finally {
      await backend.dispose();
    }
  } finally {
    await model.close();
    await rm(cache, { recursive: true, force: true });
  }
}
