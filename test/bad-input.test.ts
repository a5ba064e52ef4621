import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSmallModel } from './support/small-model.js';
import { fitEarly, labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  const { path } = workspace;
  await makeSmallModel('grouped-tied', join(path, 'grouped'));
  await fitEarly(workspace);

  const subspace = await workspace.read('early.json');
  await workspace.write('cut.json', subspace.slice(0, 300));
  await workspace.write('turned.json', subspace.replace(/("direction": ")..../, '$1AAAA'));

  await workspace.write('empty.jsonl', '\n');
  await workspace.write('no-json.jsonl', '{"response": "a", "label": 1}\n{"response": \n');
  await workspace.write('long.jsonl', `{"response": "a"}\n${JSON.stringify({ response: 'x'.repeat(65) })}\n`);
  await workspace.write('one-sided.jsonl', labelledRows(60).replaceAll('"label":0', '"label":1'));
  await workspace.write('short.txt', 'abc');
  await workspace.write('throws.js', 'throw new Error("boom\\nand more");');
  await workspace.write('nothing.js', 'export default 3;');
  await workspace.write('future.js', 'export default { specificationVersion: 99, name: "calm" };');
  await mkdir(join(path, 'configured'));
  await workspace.write('configured/halfspace.config.json', '{"modle": "x"}');

  const weights = await readFile(join(path, 'untied', 'model.safetensors'));
  await damage('truncated', weights.subarray(0, 60_000));
  const flipped = Buffer.from(weights);
  flipped[7] ^= 0x40;
  await damage('bit-flipped', flipped);
  const infinite = Buffer.from(weights);
  infinite.writeFloatLE(NaN, weights.length - 4);
  await damage('not-a-number', infinite);
});
afterAll(async () => workspace.remove());

async function damage(name: string, weights: Uint8Array): Promise<void> {
  const path = join(workspace.path, name);
  await cp(join(workspace.path, 'untied'), path, { recursive: true });
  await writeFile(join(path, 'model.safetensors'), weights);
}

const X64 = 'x'.repeat(64);
const HI = ['generate', 'hi', ...SMALL];
const FIT = ['fit', '--attribute', 'new', '--output', 'new.json', ...SMALL];
const SCORE = ['score', '--attribute', './early.json', ...SMALL];
const TEXT = ['perplexity', ...SMALL];

type Case = readonly [what: string, code: string, words: readonly string[]];

/** Wrong in itself: seen before anything is loaded. */
const USAGE: readonly Case[] = [
  ['an unknown command', 'unknown-command', ['frobnicate']],
  ['an unknown option', 'unknown-option', [...HI, '--frobnicate']],
  ['a second prompt', 'excess-arguments', [...HI, 'there']],
  ['no prompt', 'usage', ['generate', ...SMALL]],
  ['a prompt and prompts', 'usage', [...HI, '--prompts', 'short.txt']],
  ['no attribute', 'option-missing-argument', [...HI, '--attribute']],
  ['an empty weight', 'invalid-argument', [...HI, '--attribute', './early.json=']],
  ['a schedule to time', 'invalid-argument', ['bench', '--attribute', './early.json=step', ...SMALL]],
  ['a nucleus of nothing', 'invalid-argument', [...HI, '--top-p', '0']],
  ['no samples', 'invalid-argument', [...HI, '--samples', '0']],
  ['a seed that is too large', 'invalid-argument', [...HI, '--seed', '1e300']],
  ['an empty stop text', 'invalid-argument', [...HI, '--stop', '']],
  ['a weight where none counts', 'invalid-argument', [...SCORE, '--attribute', './early.json=2']],
  ['fitting without data', 'missing-mandatory-option-value', FIT],
];

/** Wrong in what is there. */
const REFUSED: readonly Case[] = [
  ['an empty prompt', 'empty-prompt', ['generate', '', ...SMALL]],
  ['a prompt as long as the context', 'context-overflow', ['generate', X64, ...SMALL]],
  ['prompts that are not there', 'file-not-found', ['generate', '--prompts', 'none.txt', ...SMALL]],
  ['prompts that are empty', 'empty-file', ['generate', '--prompts', 'empty.jsonl', ...SMALL]],
  ['an unknown attribute', 'unknown-attribute', [...HI, '--attribute', 'frobnication']],
  ['a subspace that is not there', 'subspace-not-found', [...HI, '--attribute', './none.json']],
  ['a subspace cut short', 'bad-subspace', [...HI, '--attribute', './cut.json']],
  ['a subspace with another direction', 'bad-subspace', [...HI, '--attribute', './turned.json']],
  ['an attribute that is not there', 'attribute-not-found', [...HI, '--attribute', './none']],
  ['a plugin that throws', 'plugin-failed', [...HI, '--attribute', './throws.js']],
  ['a plugin without an attribute', 'no-attribute', [...HI, '--attribute', './nothing.js']],
  ['a plugin for another contract', 'contract-mismatch', [...HI, '--attribute', './future.js']],
  [
    'a subspace of another model',
    'subspace-of-another-model',
    [...HI, '--model', './grouped', '--attribute', './early.json'],
  ],
  ['a weight of NaN', 'formula-invalid', [...HI, '--attribute', './early.json=NaN', '--model', './none']],
  ['a schedule of a margin', 'formula-invalid', [...HI, '--attribute', './early.json=2*early']],
  ['a formula of nothing', 'formula-invalid', [...HI, '--formula', 'step', '--model', './none']],
  ['a formula of something unknown', 'formula-invalid', [...HI, '--formula', '2*early\n+ \u001b[2J']],
  ['a formula beside a weight', 'bad-option', [...HI, '--attribute', './early.json=2', '--formula', 'early']],
  ['a trace nowhere', 'not-writable', [...HI, '--trace', 'none/trace.jsonl']],
  ['a model that is not there', 'model-not-found', [...HI, '--model', './none.gguf']],
  ['a model cut short', 'corrupt-model', [...HI, '--model', './truncated']],
  ['a model with a flipped bit', 'corrupt-model', [...HI, '--model', './bit-flipped']],
  ['a model with a weight of NaN', 'corrupt-model', [...HI, '--model', './not-a-number']],
  ['rows cut short', 'bad-row', [...SCORE, '--input', 'no-json.jsonl']],
  ['a response that is too long', 'context-overflow', [...SCORE, '--input', 'long.jsonl', '--json']],
  ['data that is empty', 'empty-file', [...FIT, '--data', 'empty.jsonl']],
  ['data on one side', 'one-sided-data', [...FIT, '--data', 'one-sided.jsonl']],
  ['a layer that is not there', 'unknown-layer', [...FIT, '--data', 'rows.jsonl', '--layer', '3']],
  ['an output nowhere', 'not-writable', [...FIT, '--data', 'rows.jsonl', '--output', 'none/new.json']],
  ['a window that is too long', 'context-overflow', [...TEXT, 'short.txt', '--window', '65']],
];

describe.each([
  ['usage', 2, USAGE],
  ['input', 1, REFUSED],
] as const)('wrong %s ends with %i', (_, exitCode, cases) => {
  it.each(cases)('%s: %s', async (__, code, words) => {
    const before = await workspace.listing();
    const { stdout, stderr, ...run } = await workspace.run(words);
    expect({ stdout, ...run }).toEqual({ stdout: '', code: exitCode });
    // One line with the code, a second one at most with a hint: nothing of where in the code it happened.
    expect(stderr).toMatch(new RegExp(`^error \\(${code}\\): [^\\n]+\\n(See: halfspace[^\\n]*\\n)?$`));
    expect(await workspace.listing()).toEqual(before);
  });
});

it.each([
  ['generate', 'hi'],
  ['score', '--input', 'rows.jsonl'],
  ['evaluate-subspace', '--data', 'rows.jsonl'],
])('%s refuses a subspace of another model before that is compiled', async (...words) => {
  const cache = join(workspace.path, 'other-cache');
  const attribute = ['--model', './grouped', '--attribute', './early.json'];
  const { code, stderr } = await workspace.run([...words, ...attribute], { env: { HALFSPACE_CACHE: cache } });
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/subspace-of-another/) });
  expect(await readdir(cache)).not.toContain('compiled');
  await rm(cache, { recursive: true });
});

it('a config that is wrong is refused by every command', async () => {
  const cwd = join(workspace.path, 'configured');
  for (const words of ['generate hi', 'score --attribute x --input -', 'bench', 'model inspect']) {
    const { code, stdout, stderr } = await workspace.run(words.split(' '), { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error \(bad-config\): .*halfspace\.config\.json.*"modle".*\n$/);
  }
});

it('a row that is wrong is named by its place', async () => {
  const { stderr } = await workspace.run([...SCORE, '--input', 'long.jsonl']);
  expect(stderr).toContain('long.jsonl:2: ');
});

it('an error that nobody foresaw says how to find out more', async () => {
  const env = { HALFSPACE_DEBUG: '1' };
  const { stderr } = await workspace.run(['generate', '', ...SMALL], { env });
  expect(stderr).toMatch(/^error \(empty-prompt\): .*\nHalfspaceError: .*\n +at /);
});
