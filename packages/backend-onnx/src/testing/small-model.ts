import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tokenizer } from '@halfspace/core';
import { compileModel, openModelFile, type KvCache } from '@halfspace/model';
import { createBackend } from '../backend.js';
import { loadGraphs } from '../load-graphs.js';

/** Tokens, width, layers and context of the random checkpoints: fixtures/make-language-models.py. */
export const VOCABULARY = 96;
export const WIDTH = 32;
export const LAYERS = 2;
export const CONTEXT = 64;

/** What Hugging Face transformers computes with a checkpoint. */
export interface Expected {
  readonly tokens: number[];
  readonly logProbs: number[];
  readonly tokenLogProbs: number[];
  readonly hidden: number[][];
}

/** A random checkpoint, compiled in f32 and loaded. */
export interface SmallModel {
  readonly backend: ReturnType<typeof createBackend>;
  readonly expected: Expected;
  close(): Promise<void>;
}

/** A tokenizer of one token a character. */
export function toyTokenizer(vocabularySize: number): Tokenizer {
  return {
    vocabularySize,
    endTokens: new Set([1]),
    encode: (text: string) =>
      Array.from(text, (character) => (character.codePointAt(0) ?? 0) % vocabularySize),
    decode: (tokens) => String.fromCharCode(...tokens.map((token) => 32 + (token % 95))),
    bytes: (token: number) => Uint8Array.of(32 + (token % 95)),
    renderChat: (messages) => messages.map(({ content }) => content).join(' '),
  };
}

/**
 * Compiles and loads one of the checkpoints of the fixtures, with a tokenizer of one token a character.
 *
 * @param changes - To its config.json; undefined takes a key away.
 * @param contextLength - Most tokens (default {@link CONTEXT}).
 * @param cacheBytes - For texts that are finished (default 0).
 * @param kvCache - How keys and values are kept (default `f32`).
 */
export async function openSmallModel(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
  contextLength = CONTEXT,
  cacheBytes = 0,
  kvCache: KvCache = 'f32',
  threads = 1,
): Promise<SmallModel> {
  const cache = await mkdtemp(join(tmpdir(), 'halfspace-'));
  const directory = join(cache, name);
  await cp(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url)), directory, { recursive: true });
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as object;
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, ...changes }));
  const expected = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as Expected;
  const file = await openModelFile(directory);
  const compiled = await compileModel(file, { precision: 'f32', cache, kvCache });
  await file.close();
  const graphs = await loadGraphs(compiled, threads);
  const backend = createBackend({
    model: { name, fingerprint: file.fingerprint, layers: LAYERS, width: WIDTH, contextLength },
    architecture: compiled.architecture,
    cut: compiled.cut,
    kvCache,
    cacheBytes,
    tokenizer: toyTokenizer(VOCABULARY),
    choosePrecision: () => 'f32',
    graphs: async () => graphs,
    disposeGraphs: async () => graphs.dispose(),
  });
  return {
    backend,
    expected,
    async close() {
      await backend.dispose();
      await rm(cache, { recursive: true, force: true });
    },
  };
}
