import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createProgram } from '../packages/cli/src/program.js';
import { codeBlocks, halfspaceCommands, inPlace } from './support/markdown.js';
import { labelledRows } from './support/workspace.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const BINARIES = join(ROOT, 'node_modules/.bin');
/** Milliseconds that a page may take on a busy machine. */
const TIMEOUT = 100_000;
vi.setConfig({ testTimeout: TIMEOUT + 1_000 });

const LANGUAGES = ['js', 'ts', 'sh', 'console', 'json'];

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules/@types')],
  strict: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  noEmit: true,
};

/** A directory in which a page's blocks find what the repository has installed, and leave what they write. */
const directory = mkdtempSync(join(tmpdir(), 'halfspace-guides-'));

const PAGES = [
  'README.md',
  'docs/authoring.md',
  ...readdirSync(join(ROOT, 'docs/guides')).map((name) => `docs/guides/${name}`),
  ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`),
]
  .filter((path) => path.endsWith('.md') && existsSync(join(ROOT, path)))
  .map(readPage);

/** A page with its blocks; those in JavaScript or TypeScript are one program, in their order. */
function readPage(path: string) {
  const blocks = codeBlocks(readFileSync(join(ROOT, path), 'utf8'));
  const code = blocks.filter(({ language, run }) => run && ['js', 'ts'].includes(language));
  const typed = code.some(({ language }) => language === 'ts');
  const place = join(directory, path.replaceAll('/', '-').replace('.md', ''));
  return { path, blocks, code, place, program: join(place, `program.${typed ? 'mts' : 'mjs'}`) };
}

type Page = ReturnType<typeof readPage>;

const withProgram = PAGES.filter(({ code }) => code.length > 0);
const shellOf = ({ blocks }: Page) => blocks.filter(({ language, run }) => run && language === 'sh');
const commandsOf = ({ blocks }: Page) =>
  blocks
    .filter(({ language }) => language === 'sh' || language === 'console')
    .flatMap((block) => halfspaceCommands(block));
const json = PAGES.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === 'json')
    .map(({ code, line }) => ({ place: `${path}:${line}`, code })),
);

beforeAll(async () => {
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  // `npx` itself looks for packages in the working directory.
  await writeFile(join(directory, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  for (const page of PAGES) {
    await mkdir(page.place);
    await writeFile(join(page.place, 'rows.jsonl'), labelledRows(40));
  }
  for (const { code, place, program } of withProgram) {
    const source = inPlace(code);
    await writeFile(program, source);
    if (program.endsWith('.mts')) {
      const { outputText } = ts.transpileModule(source, {
        fileName: program,
        compilerOptions: COMPILER_OPTIONS,
      });
      await writeFile(join(place, 'program.mjs'), outputText);
    }
  }
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** What the compiler has to say of the programs, by line of the page. */
function typeCheck(pages: readonly Page[]): string[] {
  const program = ts.createProgram(
    pages.map((page) => page.program),
    COMPILER_OPTIONS,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const page = pages.find(({ program: name }) => name === file?.fileName);
    const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    return `${page?.path}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** Runs something in the place of a page; rejects unless it ends with 0, in time. */
async function run({ place }: Page, file: string, words: readonly string[]) {
  const env = { ...process.env, PATH: [directory, BINARIES, process.env['PATH']].join(':') };
  return promisify(execFile)(file, words, { cwd: place, env, timeout: TIMEOUT });
}

/** The command, which only reads what it is given. */
function createDryProgram(): Command {
  const program = createProgram(new AbortController().signal);
  const idle = (command: Command) => {
    if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(idle);
  };
  idle(program);
  return program;
}

it.each(PAGES)('$path has only blocks that are looked at here', ({ blocks }) => {
  expect(LANGUAGES).toEqual(expect.arrayContaining(blocks.map(({ language }) => language)));
});

it.each(json)('$place is JSON', ({ code }) => {
  expect(() => JSON.parse(code) as unknown).not.toThrow();
});

it.each(PAGES.filter((page) => commandsOf(page).length > 0))('$path names options that exist', (page) => {
  for (const words of commandsOf(page)) {
    expect(() => createDryProgram().parse(words, { from: 'user' }), words.join(' ')).not.toThrow();
  }
});

it('all code is well typed', () => {
  expect(typeCheck(withProgram)).toEqual([]);
});

it.each(withProgram)('the code of $path runs', async (page) => {
  const { stderr } = await run(page, process.execPath, ['program.mjs']);
  expect(stderr).toBe('');
});

it.each(PAGES.filter((page) => shellOf(page).length > 0))('the shell blocks of $path run', async (page) => {
  await run(page, 'bash', ['-euc', inPlace(shellOf(page))]);
});
