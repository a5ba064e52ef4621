import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assertRoom, freeDisk } from './room.js';
import { useTemporaryDirectory } from './testing/temporary.js';

const directory = useTemporaryDirectory();

it('there is some room where a directory is, or will be', async () => {
  expect(await freeDisk(directory.path)).toBeGreaterThan(0);
  expect(await freeDisk(join(directory.path, 'not', 'there', 'yet'))).toBeGreaterThan(0);
});

it('what does not fit is refused, with what would help', async () => {
  await assertRoom('The model', 1, directory.path);
  const refused = assertRoom('The model', 1e18, directory.path);
  await expect(refused).rejects.toMatchObject({ code: 'disk-full' });
  await expect(refused).rejects.toThrow(
    /^The model takes 1000000000\.00 GB, and .* are free .*prune.*inspect/,
  );
});
