import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHubSpec } from './hub-spec.js';

describe('a spec of a model on the hub', () => {
  it('names a repository, and may name a revision and a file', () => {
    const main = { kind: 'model', repository: 'org/name', revision: 'main', file: undefined };
    expect(parseHubSpec('org/name')).toEqual(main);
    expect(parseHubSpec('org/name@v1.0')).toEqual({ ...main, revision: 'v1.0' });
    expect(parseHubSpec('Org-1/na.me_2@main:a-b.gguf')).toEqual({
      kind: 'model',
      repository: 'Org-1/na.me_2',
      revision: 'main',
      file: 'a-b.gguf',
    });
    expect(parseHubSpec('org/name:sub/dir/x.gguf')).toEqual({ ...main, file: 'sub/dir/x.gguf' });
  });

  it.each([
    '',
    'name',
    '/org/name',
    './name',
    '../name',
    'org/..',
    'org/.hidden',
    '-rf/name',
    'org/-name',
    '--option/name',
    'org/name/more',
    'org\\name',
    'org/name:\\x',
    'org/name:C:\\x',
    'org/name:/etc/passwd',
    'org/name:../x',
    'org/name:a/../x',
    'org/name:a//x',
    'org/name:a/.',
    'org/name:-x',
    'org/name:',
    'org/name@',
    'org/name@-x',
    'org/name@..',
    'org/name@a/b',
    'org/name@main@main',
    'org/name\n',
    ' org/name',
    'https://host/name',
    'org/n%2e%2e',
    'org/name?x',
    'org/name#x',
    'org/name\0',
    'ørg/name',
    `org/${'n'.repeat(200)}`,
  ])('is not %j', (spec) => {
    expect(parseHubSpec(spec)).toBeUndefined();
  });

  it('never leads out of where it belongs, whatever it is', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '/', '\\', '@', ':', '-', '~', '%', '\0', '\n', 'org', 'name', 'a.gguf'),
      fc.string({ maxLength: 6 }),
    );
    const spec = fc.oneof(
      fc.array(part, { maxLength: 10 }).map((parts) => parts.join('')),
      fc
        .tuple(fc.constantFrom('org/name@', 'org/name:', 'org/', ''), fc.array(part))
        .map(([a, b]) => a + b.join('')),
    );
    let accepted = 0;
    fc.assert(
      fc.property(spec, (text) => {
        const parsed = parseHubSpec(text);
        if (parsed === undefined) return;
        accepted++;
        const { repository, revision, file = 'none' } = parsed;
        for (const each of [repository, revision, file]) {
          expect(each).toMatch(/^[\w./-]+$/);
          for (const segment of each.split('/')) expect(segment).toMatch(/^\w/);
          const base = resolve('base');
          expect(join(base, each).startsWith(join(base, '/'))).toBe(true);
        }
        expect(repository.split('/')).toHaveLength(2);
        expect(revision).not.toContain('/');
      }),
      { seed: 7, numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
