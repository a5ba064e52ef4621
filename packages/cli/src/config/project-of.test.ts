import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectOf } from './project-of.js';
import { directoryWith } from '../testing/directory-with.js';

it('ends at the nearest package or repository, or at home, and is the directory itself where there is none', async () => {
  const root = await directoryWith({
    'home/a/b/c.txt': '',
    'home/repository/.git/HEAD': '',
    'home/repository/package/package.json': '{}',
    'home/repository/package/src/a.ts': '',
    'home/repository/docs/a.md': '',
    'elsewhere/a/b.txt': '',
  });
  const home = join(root, 'home');
  const of = (...path: string[]) => projectOf(join(root, ...path), home);
  expect(of('home/repository/package/src')).toBe(join(home, 'repository/package'));
  expect(of('home/repository/package')).toBe(join(home, 'repository/package'));
  expect(of('home/repository/docs')).toBe(join(home, 'repository'));
  expect(of('home/a/b')).toBe(home);
  expect(of('home')).toBe(home);
  expect(of('elsewhere/a')).toBe(join(root, 'elsewhere/a'));
  await symlink(home, join(root, 'link'));
  expect(projectOf(join(home, 'a'), join(root, 'link'))).toBe(home);
});
