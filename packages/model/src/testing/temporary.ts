import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

/** A fresh directory for each test, which is also Halfspace's cache in it; both are gone afterwards. */
export function useTemporaryDirectory(): { readonly path: string } {
  const directory = { path: '' };
  beforeEach(async () => {
    directory.path = await mkdtemp(join(tmpdir(), 'halfspace-'));
    vi.stubEnv('HALFSPACE_CACHE', join(directory.path, 'cache'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(directory.path, { recursive: true, force: true });
  });
  return directory;
}
