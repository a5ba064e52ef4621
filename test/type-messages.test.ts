import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const CONFIG = fileURLToPath(new URL('types/tsconfig.json', import.meta.url));
const PROGRAM = fileURLToPath(new URL('types/program.ts', import.meta.url));

/** What the compiler says of each line of a program that is nowhere on disk; undefined where a line is fine. */
function saidOf(lines: readonly string[]): (string | undefined)[] {
  const source = `
    import { defineExtensionPoint, type ErrorCode, type Halfspace } from '@halfspace/core';
    import { HalfspaceError, isHalfspaceError, tuneWeights } from '@halfspace/core';
    declare const halfspace: Halfspace<'nontoxic' | 'helpful'>;
    declare const prompt: string;`.split('\n');
  const text = [...source, ...lines, 'export {};'].join('\n');
  const { config } = ts.readConfigFile(CONFIG, (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    config,
    ts.sys,
    fileURLToPath(new URL('types', import.meta.url)),
  );
  const onDisk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...onDisk,
    fileExists: (path) => path === PROGRAM || onDisk.fileExists(path),
    readFile: (path) => (path === PROGRAM ? text : onDisk.readFile(path)),
    getSourceFile: (path, ...rest) =>
      path === PROGRAM
        ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2023)
        : onDisk.getSourceFile(path, ...rest),
  };
  const program = ts.createProgram([PROGRAM], options, host);
  const said = new Map(
    ts
      .getPreEmitDiagnostics(program)
      .map(({ file, start = 0, messageText }) => [
        file?.getLineAndCharacterOfPosition(start).line,
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      ]),
  );
  return lines.map((_, i) => said.get(source.length + i));
}

it('says what was probably meant', () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    [
      'halfspace.generate({ prompt, weights: { nontoxc: 2 } });',
      /'nontoxc'.*Did you mean to write 'nontoxic'\?/,
    ],
    ["halfspace.generate({ prompt, measure: ['helpfull'] });", /"helpfull".*Did you mean '"helpful"'\?/],
    [
      "halfspace.generate({ prompt, control: { mode: 'constraints', constraints: [{ kind: 'keep', attribute: 'nontoxc' }] } });",
      /"nontoxc".*Did you mean '"nontoxic"'\?/,
    ],
    [
      'halfspace.generate({ prompt, redraw: { ifMeanBelow: { nontoxc: 1 }, maxAttempts: 2 } });',
      /'nontoxc'.*Did you mean to write 'nontoxic'\?/,
    ],
    [
      "halfspace.generate({ prompt, weights: { nontoxic: 2 }, control: { mode: 'kl-budget', nats: 1, per: 'completions' } });",
      /"completions".*Did you mean '"completion"'\?/,
    ],
    [
      'halfspace.generate({ prompt, wieghts: { nontoxic: 2 } });',
      /'wieghts'.*Did you mean to write 'weights'\?/,
    ],
    [
      "halfspace.generate({ prompt, formula: 'nontoxic', temprature: 2 });",
      /'temprature'.*Did you mean to write 'temperature'\?/,
    ],
    [
      "halfspace.generate({ prompt, weights: { nontoxc: 2 }, bonus: 'softmax' });",
      /'nontoxc'.*Did you mean to write 'nontoxic'\?/,
    ],
    ['halfspace.complete({ prompt, weights: { nontoxc: 2 } });', /Did you mean to write 'nontoxic'\?/],
    [
      'halfspace.complete({ prompt }).then(({ margins }) => margins.helpfull);',
      /'helpfull' does not exist.*Did you mean 'helpful'\?/,
    ],
    [
      "halfspace.score({ response: prompt, measure: ['nontoxc'] });",
      /"nontoxc".*Did you mean '"nontoxic"'\?/,
    ],
    [
      'tuneWeights(halfspace, { prompts: [prompt], weights: { nontoxc: 1 }, goal: { kl: 1 } });',
      /Did you mean to write 'nontoxic'\?/,
    ],
    ["const code: ErrorCode = 'bad-optoin';", /"bad-optoin".*Did you mean '"bad-option"'\?/],
    [
      "defineExtensionPoint('day', { unknown: 'unknown-siute', check: () => undefined });",
      /"unknown-siute".*Did you mean '"unknown-suite"'\?/,
    ],
    // The compiler has no suggestions for a text that is an argument of its own.
    [
      "throw new HalfspaceError('bad-optoin', 'Correct it.');",
      /"bad-optoin".* not assignable to parameter of type 'ErrorCode'/,
    ],
    [
      "isHalfspaceError(new Error('a'), 'contextoverflow');",
      /"contextoverflow".* not assignable to parameter of type 'ErrorCode \| undefined'/,
    ],
  ];
  const said = saidOf(mistakes.map(([line]) => line));
  mistakes.forEach(([line, message], i) => {
    expect(said[i], line).toMatch(message);
    // What is long is not read.
    expect(said[i]?.length, line).toBeLessThan(600);
  });
});

it('says which options do not go together', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    [
      "halfspace.generate({ prompt, formula: 'nontoxic', weights: { nontoxic: 2 } });",
      /Types of property 'weights' are incompatible.*Type '2' is not assignable to type 'UncappedWeight<0>'/s,
    ],
    [
      "halfspace.generate({ prompt, formula: 'nontoxic', cap: 2 });",
      /Types of property 'cap' are incompatible/,
    ],
    [
      "halfspace.generate({ prompt, formula: 'nontoxic', bonus: 'softmax' });",
      /Types of property 'bonus' are incompatible.\n.*'"softmax"' is not assignable to type '"margin"'/,
    ],
    [
      "halfspace.generate({ prompt, weights: { nontoxic: 2 }, bonus: 'softmax', cap: 2 });",
      /Types of property 'cap' are incompatible/,
    ],
    [
      "halfspace.generate({ prompt, weights: { nontoxic: 2 }, bonus: 'softmax', control: { mode: 'constraints', constraints: [] } });",
      /Types of property 'mode' are incompatible.\n.*'"constraints"' is not assignable to type '"kl-budget" \| "penalty"'/,
    ],
    [
      "halfspace.generate({ prompt, control: { mode: 'kl-budget', nats: 1 } });",
      /Property 'weights' is missing/,
    ],
    [
      "halfspace.complete({ prompt, control: { mode: 'kl-budget', nats: 1 } });",
      /Property 'weights' is missing/,
    ],
  ];
  const said = saidOf(refused.map(([line]) => line));
  refused.forEach(([line, message], i) => {
    expect(said[i], line).toMatch(message);
    expect(said[i]?.length, line).toBeLessThan(800);
  });
});

it('says nothing of what is right', () => {
  const lines = [
    'halfspace.generate({ prompt, weights: { nontoxic: 2 } });',
    "halfspace.generate({ prompt, measure: ['helpful'] });",
  ];
  expect(saidOf(lines)).toEqual([undefined, undefined]);
});
