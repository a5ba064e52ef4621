import { readFile, writeFile } from 'node:fs/promises';
import { HalfspaceError } from '@halfspace/contracts';
import { expect, it } from 'vitest';
import { fileFault } from './file-fault.js';

async function faultOf(work: Promise<unknown>, doing: 'read' | 'write'): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => fileFault(error, 'a/b', doing),
  );
}

it('says of what the system refuses what it is and what to do', async () => {
  expect(await faultOf(readFile('/nowhere/at all'), 'read')).toMatchObject({
    code: 'not-readable',
    message: 'Cannot read a/b (ENOENT): it is not there. Put that right, or name another one.',
  });
  expect(await faultOf(writeFile('/', ''), 'write')).toMatchObject({
    code: 'not-writable',
    message: expect.stringMatching(/a\/b \((EISDIR|EEXIST)\)/),
  });
});

it.runIf(process.platform === 'linux')('tells a full disk (on Linux alone)', async () => {
  expect(await faultOf(writeFile('/dev/full', 'text'), 'write')).toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/no room left for a\/b \(ENOSPC\)/),
  });
});

it('leaves other errors as they are', () => {
  const errors = [new Error('a'), new HalfspaceError('bad-row', 'c'), 'd', undefined];
  expect(errors.map((error) => fileFault(error, 'e', 'write'))).toEqual(errors);
});
