import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PACKAGES = fileURLToPath(new URL('../packages', import.meta.url));

/** The sources of a package, without its tests. */
async function sourcesOf(name: string): Promise<string[]> {
  const files = await readdir(join(PACKAGES, name, 'src'), { recursive: true });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testing'))
    .map((file) => join(PACKAGES, name, 'src', file));
}

it('nothing gets a name but through @halfspace/files, which flushes it before', async () => {
  const others = (await readdir(PACKAGES)).filter((name) => name !== 'files');
  const sources = (await Promise.all(others.map(sourcesOf))).flat();
  expect(sources.length).toBeGreaterThan(100);
  for (const source of sources)
    expect(await readFile(source, 'utf8'), source).not.toMatch(
      /\brename(Sync)?\b.* from 'node:fs|\.rename(Sync)?\(/,
    );
});
