import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { halfspace } from './support/halfspace.js';

const OPTIONS = {
  'model pull': ['--json'],
  'model list': ['--json'],
  'model inspect': ['--json'],
  generate: [
    '--prompts',
    '--model',
    '--attribute',
    '--weights',
    '--preset',
    '--budget',
    '--at-least',
    '--at-most',
    '--keep',
    '--chance',
    '--max-tokens',
    '--samples',
    '--temperature',
    '--top-p',
    '--top-k',
    '--seed',
    '--stop',
    '--forbid',
    '--forbid-pattern',
    '--chat',
    '--trace',
    '--json',
  ],
  tune: [
    '--prompts',
    '--attribute',
    '--kl',
    '--preset',
    '--at-least',
    '--at-most',
    '--sample',
    '--out',
    '--html',
    '--max-tokens',
    '--model',
    '--json',
  ],
  explain: ['--attribute', '--completion', '--step', '--html', '--json'],
  score: ['--attribute', '--input', '--model', '--json'],
  fit: [
    '--attribute',
    '--data',
    '--output',
    '--layer',
    '--estimator',
    '--positions',
    '--shard',
    '--merge',
    '--model',
    '--json',
  ],
  evaluate: [
    '--out',
    '--suite',
    '--limit',
    '--method',
    '--attribute',
    '--samples',
    '--seed',
    '--shard',
    '--queue',
    '--merge',
    '--judge',
    '--reference-model',
    '--model',
    '--json',
  ],
  'evaluate-worker': ['--queue', '--attribute', '--model', '--threads', '--json'],
  'evaluate-choices': ['--data', '--choices', '--prompt', '--method', '--chat', '--model', '--json'],
  'evaluate-subspace': [
    '--attribute',
    '--data',
    '--output',
    '--label',
    '--chosen',
    '--group',
    '--choices',
    '--train',
    '--learning-curve',
    '--sweep-layers',
    '--positions',
    '--model',
    '--json',
  ],
  'compare-precision': ['--with', '--limit', '--data', '--label', '--model', '--precision', '--json'],
  decorrelate: ['--output-dir', '--data', '--label', '--model', '--json'],
  perplexity: ['--window', '--windows', '--model', '--json'],
  bench: ['--json'],
  'attribute new': ['--directory', '--kind', '--json'],
};

it.each(Object.entries(OPTIONS))('%s --help names its options', async (command, options) => {
  const { code, stdout, stderr } = await halfspace([...command.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Usage: halfspace ${command} `));
  for (const option of options) expect(stdout).toMatch(new RegExp(`^  ${option}\\b`, 'm'));
});

it.each(['', 'model', 'attribute'])(
  '"halfspace %s" alone shows the commands and is wrong usage',
  async (words) => {
    const { code, stdout, stderr } = await halfspace(words === '' ? [] : [words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Commands:$/m);
  },
);

it('runs as npx halfspace', async () => {
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'halfspace', '--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it.each([
  ['evaluate', 'f32'],
  ['evaluate-choices', 'f32'],
  ['generate', 'the fastest here that fits'],
])('%s --help says once which arithmetic it takes: %s', async (command, said) => {
  const { stdout } = await halfspace([command, '--help']);
  const text = stdout.replaceAll(/\s+/g, ' ');
  expect(text.split('default: f32').length + text.split('the fastest').length).toBe(3);
  expect(text).toContain(said);
});
