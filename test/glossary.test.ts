import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const text = readFileSync(new URL('docs/glossary.md', ROOT), 'utf8');
const terms = [...text.matchAll(/^\| ([^|]+?) +\| [^|]+\| [^|]*\| ([^|]+?) +\|$/gm)]
  .map(([, term, place]) => ({ term, place }))
  .filter(({ term, place }) => term !== 'term' && !place.startsWith('-'));

it('the glossary has every term once', () => {
  const names = terms.map(({ term }) => term);
  expect(names.length).toBeGreaterThan(50);
  expect(new Set(names).size).toBe(names.length);
});

it.each(terms)('the glossary names the file that defines "$term"', ({ place }) => {
  const files = [...place.matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file);
  const [first = ''] = files;
  const folder = first.split('/src/')[0];
  for (const file of files) {
    const path = file.includes('/src/') ? `packages/${file}` : `packages/${folder}/src/${file}`;
    expect(existsSync(fileURLToPath(new URL(path, ROOT))), path).toBe(true);
  }
  expect(files.length > 0 || place.includes('](guides/')).toBe(true);
});
