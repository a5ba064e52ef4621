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
import { codeBlocks, halfspaceCommands, inPlace, programsOf } from './support/markdown.js';
import { labelledRows } from './support/workspace.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const BINARIES = join(ROOT, 'node_modules/.bin');
/** Milliseconds that a page may take on a busy machine. */
const TIMEOUT = 240_000;
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
  'docs/commands.md',
  'docs/configuration.md',
  'docs/data.md',
  'docs/errors.md',
  'docs/fitting.md',
  'docs/output.md',
  'docs/steering.md',
  'docs/evaluation.md',
  ...readdirSync(join(ROOT, 'docs/guides')).map((name) => `docs/guides/${name}`),
  ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`),
]
  .filter((path) => path.endsWith('.md') && existsSync(join(ROOT, path)))
  .map(readPage);

/** A page, its blocks, and the programs that those in JavaScript or TypeScript make. */
function readPage(path: string) {
  const blocks = codeBlocks(readFileSync(join(ROOT, path), 'utf8'));
  const place = join(directory, path.replaceAll('/', '-').replace('.md', ''));
  const code = blocks.filter(({ language, run }) => run && ['js', 'ts'].includes(language));
  const programs = programsOf(code).map((parts) => {
    const name = join(place, `line-${parts[0].line}`);
    const typed = parts.some(({ language }) => language === 'ts');
    return {
      path,
      line: parts[0].line,
      place,
      source: inPlace(parts),
      file: `${name}${typed ? '.mts' : '.mjs'}`,
      emitted: `${name}.mjs`,
    };
  });
  return { path, blocks, place, programs };
}

type Page = ReturnType<typeof readPage>;
type Program = Page['programs'][number];

const PROGRAMS = PAGES.flatMap(({ programs }) => programs);
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
  for (const { source, file, emitted } of PROGRAMS) {
    await writeFile(file, source);
    if (file !== emitted) {
      const { outputText } = ts.transpileModule(source, {
        fileName: file,
        compilerOptions: COMPILER_OPTIONS,
      });
      await writeFile(emitted, outputText);
    }
  }
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** What the compiler has to say of the programs, by line of the page. */
function typeCheck(programs: readonly Program[]): string[] {
  const compiled = ts.createProgram(
    programs.map(({ file }) => file),
    COMPILER_OPTIONS,
  );
  return ts.getPreEmitDiagnostics(compiled).map(({ file, start = 0, messageText }) => {
    const { path } = programs.find((program) => program.file === file?.fileName) ?? {};
    const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    return `${path}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** Runs something in the place of a page; rejects unless it ends with 0, in time. */
async function run(place: string, file: string, words: readonly string[]) {
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
  expect(typeCheck(PROGRAMS)).toEqual([]);
});

it.each(PROGRAMS)('the code of $path from line $line on runs', async ({ place, emitted }) => {
  const { stderr } = await run(place, process.execPath, [emitted]);
  expect(stderr).toBe('');
});

it.each(PAGES.filter((page) => shellOf(page).length > 0))('the shell blocks of $path run', async (page) => {
  await run(page.place, 'bash', ['-euc', inPlace(shellOf(page))]);
});
