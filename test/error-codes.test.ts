import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const UNION = 'packages/contracts/src/error-codes.ts';

/** Codes of the union, by the comment above them. */
const union = sectionsOf(
  readFileSync(path(UNION), 'utf8').split('export type BuiltInErrorCode =')[1],
  /^ {2}\/\/ (.+)$/,
  /^ {2}\| '([^']+)'/,
);

const page = readFileSync(path('docs/errors.md'), 'utf8');
/** The rows of its tables, one for each code. */
const rows = [...page.matchAll(/^\| `([^`]+)` +\| (.*?) +\| (.*?) +\|$/gm)].map(([, code, when, cure]) => ({
  code,
  when,
  cure,
}));

/** The sources of packages, and what of the examples is code. */
const sources = [
  ...sourcesIn('packages', (name) => /^[^/]+\/(?:src|scripts)\/.*\.ts$/.test(name)),
  ...sourcesIn('examples', (name) => /\.[jt]s$/.test(name)),
];
const ownSources = sources.filter(({ file }) => file.startsWith('packages/') && file !== UNION);

function sourcesIn(folder: string, wanted: (name: string) => boolean) {
  return readdirSync(path(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => wanted(name) && !/node_modules|\/dist\/|\.test\.ts$|\/testing\//.test(name))
    .map((name) => ({ file: `${folder}/${name}`, text: readFileSync(path(`${folder}/${name}`), 'utf8') }));
}

function sectionsOf(text: string, section: RegExp, entry: RegExp): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let codes: string[] = [];
  for (const line of text.split('\n')) {
    const heading = section.exec(line)?.[1];
    if (heading !== undefined) sections.set(heading, (codes = []));
    const code = entry.exec(line)?.[1];
    if (code !== undefined) codes.push(code);
  }
  return sections;
}

/** Codes that a text throws, as far as they are written out where it throws them. */
function thrownIn(text: string): string[] {
  return [...text.matchAll(/\bHalfspaceError\(\s*(?:[^',]{1,80}\? )?'([^']+)'(?: : '([^']+)')?/g)].flatMap(
    ([, ...codes]) => codes.filter((code) => code !== undefined),
  );
}

const codes = [...union.values()].flat();

describe('the codes of errors', () => {
  it('are each once in the union and once on the page, in the same sections and order', () => {
    expect(codes.length).toBeGreaterThan(100);
    expect(new Set(codes).size).toBe(codes.length);
    const sections = sectionsOf(page, /^## (.+)$/, /^\| `([^`]+)` /);
    expect([...sections].filter(([, each]) => each.length > 0)).toEqual([...union]);
    for (const [section, each] of union) expect(each, section).toEqual(each.toSorted());
  });

  it.each(rows)('$code has a time and a cure on the page', ({ when, cure }) => {
    expect(when).toMatch(/^[A-Z`].{10,}\.$/);
    expect(cure).toMatch(/^[A-Z`].{10,}\.$/);
  });

  it('are all that sources throw', () => {
    const strays = sources.flatMap(({ file, text }) =>
      thrownIn(text)
        .filter((code) => !codes.includes(code))
        .map((code) => `${file}: ${code}`),
    );
    expect(strays).toEqual([]);
  });

  it('are all thrown somewhere', () => {
    const texts = ownSources.map(({ text }) => text).join('\n');
    const templates = [...texts.matchAll(/\bHalfspaceError\(\s*`([\w-]*)\$\{kind\}([\w-]*)`/g)].map(
      ([, before, after]) => new RegExp(`^${before}(attribute|filter|judge|module|model|dataset)${after}$`),
    );
    expect(templates.length).toBeGreaterThan(0);
    const idle = codes.filter(
      (code) => !texts.includes(`'${code}'`) && !templates.some((each) => each.test(code)),
    );
    expect(idle).toEqual([]);
  });
});

it('a code that is not in the union would be found', () => {
  expect(thrownIn("throw new HalfspaceError(\n  'no-such-code',\n  'What to do.',\n);")).toEqual([
    'no-such-code',
  ]);
  expect(thrownIn("new HalfspaceError(missing ? 'one-code' : 'other-code', what)")).toEqual([
    'one-code',
    'other-code',
  ]);
});
