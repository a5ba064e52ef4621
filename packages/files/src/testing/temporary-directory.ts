import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, onTestFinished } from 'vitest';

/** A fresh directory for each test, which is gone afterwards. */
export function useTemporaryDirectory(): { readonly path: string } {
  const directory = { path: '' };
  beforeEach(async () => {
    directory.path = await mkdtemp(join(tmpdir(), 'halfspace-files-'));
  });
  afterEach(async () => rm(directory.path, { recursive: true, force: true }));
  return directory;
}

/** A directory for the running test, removed when it is over. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'halfspace-files-'));
  onTestFinished(async () => rm(path, { recursive: true, force: true }));
  return path;
}
