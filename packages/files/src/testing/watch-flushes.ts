import { lstat, open, type FileHandle } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** A call that had the disk keep something. */
export interface Flushed {
  /** Of what. */
  readonly inode: number;
  /** Whether there was something at the place by then. */
  readonly isNamed: boolean;
}

/** What the disk is made to keep during the running test, and whether something was at `place` by then. */
export async function watchFlushes(place: string, anyFile: string): Promise<readonly Flushed[]> {
  const found: Flushed[] = [];
  const handle = await open(anyFile);
  await handle.close();
  const handles = Object.getPrototypeOf(handle) as FileHandle;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own below
  const { sync } = handles;
  const spy = vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
    const isNamed = await lstat(place).then(
      () => true,
      () => false,
    );
    found.push({ inode: (await this.stat()).ino, isNamed });
    return sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return found;
}
