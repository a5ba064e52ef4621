import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FitState } from './fit-state.js';
import { readFitState, writeFitState } from './fit-state-file.js';
import { fitSubspace } from './fit-subspace.js';
import { createGaussianBackend } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';

let directory: string;
let path: string;
let state: FitState;
let bytes: Buffer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-state-'));
  path = join(directory, 'x.state');
  const onState = (reached: FitState) => void (state = reached);
  await fitSubspace(createGaussianBackend(), makeRows(120), { attribute: 'a', layer: 2, onState });
  await writeFitState(path, state);
  bytes = await readFile(path);
});
afterAll(async () => rm(directory, { recursive: true }));

/** All that a state holds. */
const numbersOf = ({ sums, ...rest }: FitState) => ({
  ...rest,
  sums: sums
    .flat(2)
    .map(({ last, every }) =>
      [last, every].map(
        (moments) => moments && [moments.count, moments.mean, moments.scatter, moments.third, moments.fourth],
      ),
    ),
});

/** A file with another header and numbers, and the digest that belongs to it. */
function forged(change: (header: Record<string, unknown>) => void, numbers = payload()): Buffer {
  const header = JSON.parse(bytes.subarray(0, bytes.indexOf('\n')).toString()) as Record<string, unknown>;
  change(header);
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), numbers]);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

const payload = () => bytes.subarray(bytes.indexOf('\n') + 1, -32);
const settings = (header: Record<string, unknown>) => header['settings'] as Record<string, unknown>;

async function refusal(content: Uint8Array): Promise<unknown> {
  const file = join(directory, 'broken');
  await writeFile(file, content);
  return readFitState(file).then(
    () => 'taken',
    (error: unknown) => error,
  );
}

describe('a state of a fit', () => {
  test('is read as it was written, and leaves nothing else behind', async () => {
    expect(state.measured?.responses.length).toBeGreaterThan(10);
    expect(numbersOf(await readFitState(path))).toEqual(numbersOf(state));
    expect(await readdir(directory)).toEqual(['x.state']);
    expect(forged(() => undefined)).toEqual(bytes);
  });

  test('that is cut off or damaged anywhere is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        expect(await refusal(bytes.subarray(0, at))).toMatchObject({ code: 'bad-state' });
        const damaged = Buffer.from(bytes);
        damaged[at] ^= mask;
        expect(await refusal(damaged)).toMatchObject({ code: 'bad-state' });
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, () => Buffer, RegExp]>([
    [
      'asks for much memory',
      () => forged((header) => (settings(header)['width'] = 2 ** 17)),
      /too few numbers/,
    ],
    [
      'asks for many layers',
      () => forged((header) => (settings(header)['layers'] = [...Array(900).keys()])),
      /too few/,
    ],
    [
      'asks for many rows',
      () => forged((header) => ((header['measured'] as { responses: number }).responses = 2 ** 40)),
      /too few|many/,
    ],
    ['has an unknown layer', () => forged((header) => (settings(header)['layers'] = [-1])), /layers/],
    ['lacks a setting', () => forged((header) => delete settings(header)['seed']), /seed/],
    ['has a field too many', () => forged((header) => (header['more'] = 1)), /there is no "more"/],
    ['is of another version', () => forged((header) => (header['version'] = 1)), /version/],
    [
      'has a number too many',
      () => forged(() => undefined, Buffer.concat([payload(), Buffer.alloc(8)])),
      /too many/,
    ],
    ['has part of a number', () => forged(() => undefined, payload().subarray(1)), /not whole/],
    [
      'has NaN',
      () =>
        forged(
          () => undefined,
          Buffer.concat([payload().subarray(8), Buffer.from(Float64Array.of(NaN).buffer)]),
        ),
      /not finite/,
    ],
    ['is of text', () => Buffer.from('{"format":"halfspace-fit-state"}\n'.repeat(9)), /damaged/],
  ])('that %s is refused', async (_, content, message) => {
    const error = await refusal(content());
    expect(error).toMatchObject({ code: 'bad-state' });
    expect(String(error)).toMatch(message);
  });

  test('that is not there is none', async () => {
    await expect(readFitState(join(directory, 'none'))).rejects.toThrow(
      expect.objectContaining({ code: 'state-not-found' }),
    );
    await expect(readFitState(directory)).rejects.toThrow(expect.objectContaining({ code: 'bad-state' }));
  });
});
