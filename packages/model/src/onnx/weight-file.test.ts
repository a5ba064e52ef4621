import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { writeWeightFile } from './weight-file.js';

const directory = useTemporaryDirectory();

it('constants that are given together lie one after the other, each whole', async () => {
  const path = join(directory.path, 'weights');
  async function* slowly(value: number) {
    for (let part = 0; part < 3; part++) {
      await wait(0);
      yield new Uint8Array(2000).fill(value);
    }
  }
  let offsets: number[] = [];
  const hash = await writeWeightFile(path, async (sink) => {
    offsets = await Promise.all([
      sink.append(slowly(1), 6000),
      sink.append(new Uint8Array(5).fill(2), 5),
      sink.append(slowly(3), 6000),
    ]);
  });
  const bytes = await readFile(path);
  expect(offsets).toEqual([0, 8192, 12_288]);
  expect(bytes.subarray(0, 6000).every((byte) => byte === 1)).toBe(true);
  expect([...bytes.subarray(8192, 8198)]).toEqual([2, 2, 2, 2, 2, 0]);
  expect(bytes.subarray(12_288, 18_288).every((byte) => byte === 3)).toBe(true);
  expect(hash).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('one that fails lets the next be written, and is met by who gave it', async () => {
  await writeWeightFile(join(directory.path, 'weights'), async (sink) => {
    const failing = sink.append(new Uint8Array(3), 4);
    const next = sink.append(new Uint8Array(3), 3);
    await expect(failing).rejects.toThrow('A constant of 4 bytes has 3');
    expect(await next).toBe(0);
  });
});
