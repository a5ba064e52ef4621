import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { evenBatches } from './even-batches.js';
import { createSentenceEncoder, type SentenceEncoder } from './sentence-encoder.js';
import { widest } from './testing/widest.js';

/** What Hugging Face transformers computes: fixtures/make-encoders.py. */
interface Expected {
  readonly text: string;
  readonly tokens: number[];
  readonly vector: number[];
}

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
const SMALL = join(FIXTURES, 'bert');
/** A language model, which is no encoder. */
const UNTIED = fileURLToPath(new URL('../../backend-onnx/fixtures/untied', import.meta.url));

async function read(path: string): Promise<Expected[]> {
  return JSON.parse(await readFile(path, 'utf8')) as Expected[];
}

/** Texts of all kinds of lengths, so that some share a call and some are alone in it. */
const VARIED = Array.from(
  { length: 40 },
  (_, i) => `the cat ${'sat on '.repeat((i * i) % 13)}${'mat'.repeat(i % 3)}`,
);

describe.each([
  ['a small random one', SMALL, join(SMALL, 'expected.json'), 32, 24, 20_224],
  ['the default one', undefined, join(FIXTURES, 'default-encoder.json'), 384, 256, 22_713_216],
])('a sentence encoder: %s', (_, model, expectedPath, width, contextLength, parameters) => {
  let cache: string;
  let encoder: SentenceEncoder;
  let expected: Expected[];

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'halfspace-'));
    if (model !== undefined) vi.stubEnv('HALFSPACE_CACHE', cache);
    encoder = await createSentenceEncoder({ threads: 2, ...(model !== undefined && { model }) });
    vi.unstubAllEnvs();
    expected = await read(expectedPath);
  });

  afterAll(async () => {
    await encoder?.dispose();
    await rm(cache, { recursive: true, force: true });
  });

  it('has the vectors of transformers, also of texts that are empty, cut off or in other scripts', async () => {
    expect(encoder).toMatchObject({
      width,
      contextLength,
      parameters,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const vectors = await encoder.encode(expected.map(({ text }) => text));
    expect(expected.map(({ tokens }) => tokens.length)).toContain(contextLength);
    expected.forEach(({ vector }, index) => expect(widest(vectors[index], vector)).toBeLessThan(2e-6));
  });

  it('gives a text the same vector, to the last bit, in any company and order', async () => {
    const together = await encoder.encode(VARIED);
    const backwards = await encoder.encode(VARIED.toReversed());
    expect(backwards.toReversed()).toEqual(together);
    for (const index of [0, 1, 7, 13, 26, 39]) {
      expect(await encoder.encode([VARIED[index]])).toEqual([together[index]]);
    }
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    setImmediate(() => controller.abort());
    await expect(encoder.encode(VARIED, { signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(await encoder.encode([])).toEqual([]);
  });
});

describe('a sentence encoder', () => {
  it('is not used after it was disposed of', async () => {
    const encoder = await createSentenceEncoder({ model: SMALL });
    await encoder.dispose();
    await encoder.dispose();
    await expect(encoder.encode(['the cat'])).rejects.toMatchObject({ code: 'disposed' });
  });

  it.each([
    [{ threads: 0.5 }, 'bad-option'],
    [{ model: UNTIED }, 'unsupported-model'],
    [{ model: 'nowhere/./to/be/found' }, 'model-not-found'],
    [{ model: SMALL, signal: AbortSignal.abort() }, 'aborted'],
  ])('cannot be made of %j', async (options, code) => {
    vi.stubEnv('HALFSPACE_CACHE', await mkdtemp(join(tmpdir(), 'halfspace-')));
    await expect(createSentenceEncoder(options)).rejects.toMatchObject({ code });
    vi.unstubAllEnvs();
  });
});

it('batches hold every text once, with others of its length, and no more tokens than they may', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 })),
      fc.integer({ min: 1, max: 30 }),
      (lengths, most) => {
        const texts = lengths.map((length) => Array.from({ length }, () => 0));
        const batches = evenBatches(texts, most);
        expect(batches.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual([...texts.keys()]);
        for (const { length, members } of batches) {
          expect(members.map((text) => lengths[text])).toEqual(members.map(() => length));
          expect(members.length === 1 || members.length * length <= most).toBe(true);
        }
      },
    ),
  );
});
