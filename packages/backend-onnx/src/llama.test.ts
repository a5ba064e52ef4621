import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend, Tokenizer } from '@halfspace/core';
import { compileModel, openModelFile } from '@halfspace/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from './backend.js';
import { loadGraphs } from './graphs.js';

interface Expected {
  tokens: number[];
  logProbs: number[];
  tokenLogProbs: number[];
  hidden: number[][];
}

const noTokenizer = { vocabularySize: 96, endTokens: new Set([1]) } as unknown as Tokenizer;
const widest = (found: ArrayLike<number>, wanted: ArrayLike<number>) =>
  Math.max(
    ...Array.from({ length: wanted.length }, (_, index) =>
      Math.abs((found[index] ?? NaN) - (wanted[index] ?? NaN)),
    ),
  );

// Random checkpoints and what Hugging Face transformers computes with them: fixtures/make-llamas.py.
describe.each(['grouped-tied', 'untied', 'llama3-rope'])('a random llama (%s)', (name) => {
  const directory = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  let cache: string;
  let backend: Backend;
  let expected: Expected;

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'halfspace-'));
    expected = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as Expected;
    const file = await openModelFile(directory);
    const compiled = await compileModel(file, { precision: 'f32', cache });
    await file.close();
    const graphs = await loadGraphs(compiled, 1);
    backend = createBackend({
      model: { name, fingerprint: file.fingerprint, layers: 2, width: 32, contextLength: 64 },
      architecture: compiled.architecture,
      tokenizer: noTokenizer,
      choosePrecision: () => 'f32',
      graphs: async () => graphs,
      disposeGraphs: async () => graphs.dispose(),
    });
  });

  afterAll(async () => {
    await backend.dispose();
    await rm(cache, { recursive: true, force: true });
  });

  it('has the hidden states and log-probabilities of transformers within 1e-4', async () => {
    const prompt = await backend.prefill(expected.tokens, { rowsPerStep: 1, layers: [0, 1, 2] });
    const { context } = prompt;
    expected.hidden.forEach((wanted, layer) =>
      expect(widest(prompt.hidden(layer).slice(-32), wanted)).toBeLessThan(1e-4),
    );
    const [next] = await backend.next([{ context, topK: 96, tokens: [5, 7] }]);
    const all = new Float64Array(96);
    next?.tokens.forEach((token, index) => (all[token] = next.logProbs[index] ?? NaN));
    expect(widest(all, expected.logProbs)).toBeLessThan(1e-4);
    expect([...(next?.asked ?? [])]).toEqual([all[5], all[7]]);
    backend.release(context);
    expect(widest(await backend.logProbs(expected.tokens), expected.tokenLogProbs)).toBeLessThan(1e-4);
  });

  it('comes to the same by look-ahead and commit, whatever runs beside it', async () => {
    const { tokens } = expected;
    const { context: root } = await backend.prefill(tokens.slice(0, 30), { rowsPerStep: 3 });
    let [ours, other] = [backend.fork(root), root];
    for (const token of tokens.slice(30)) {
      const beside = (token + 1) % 96;
      const [mine, theirs] = await backend.lookAhead(
        [
          { context: ours, tokens: [beside, token] },
          { context: other, tokens: [(token + 7) % 96, beside] },
        ],
        { layers: [1, 2] },
      );
      const grown = mine?.commit(token) ?? ours;
      const grownBeside = theirs?.commit(beside) ?? other;
      expect(mine?.hidden(1)).toHaveLength(64);
      backend.release(ours);
      backend.release(other);
      [ours, other] = [grown, grownBeside];
    }
    const [next] = await backend.next([
      { context: ours, topK: 3, tokens: Array.from({ length: 96 }, (_, token) => token) },
    ]);
    expect(widest(next?.asked ?? [], expected.logProbs)).toBeLessThan(1e-4);
    backend.release(ours);
    backend.release(other);
    expect(() => backend.release(ours)).toThrow(expect.objectContaining({ code: 'invalid-context' }));
  });

  it('refuses what it cannot run, and leaves its contexts as they were', async () => {
    const { context } = await backend.prefill([3, 4], { rowsPerStep: 1 });
    const code = (expectedCode: string) => expect.objectContaining({ code: expectedCode });
    await expect(backend.prefill([], { rowsPerStep: 1 })).rejects.toThrow(code('empty-prompt'));
    await expect(backend.prefill([96], { rowsPerStep: 1 })).rejects.toThrow(code('unknown-token'));
    await expect(
      backend.prefill(
        Array.from({ length: 65 }, () => 2),
        { rowsPerStep: 1 },
      ),
    ).rejects.toThrow(code('context-overflow'));
    await expect(backend.prefill([2], { rowsPerStep: 1, layers: [3] })).rejects.toThrow(
      code('unknown-layer'),
    );
    await expect(backend.prefill([2], { rowsPerStep: 1, signal: AbortSignal.abort() })).rejects.toThrow(
      code('aborted'),
    );
    const ask = { context, topK: 2 };
    const before = await backend.next([ask]);
    await expect(backend.lookAhead([{ context, tokens: [-1] }], { layers: [] })).rejects.toThrow(
      code('unknown-token'),
    );
    expect(await backend.next([ask])).toEqual(before);
    backend.release(context);
  });
});
