// Fits an attribute "formal" on labelled sentences, and evaluates it: prompts and judge are in this directory. What
// is written after the name of the program goes to `halfspace evaluate`, as in --samples 5 --limit 4.
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DATA = fileURLToPath(import.meta.resolve('halfspace-custom-attribute/data/formality.jsonl'));
const BINARIES = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const [out = 'run', ...more] = process.argv.slice(2);

await mkdir(out, { recursive: true });
run(['fit', '--attribute', 'formal', '--data', DATA, '--output', `${out}/formal.json`, '--held-out', '0.4']);
run([
  'evaluate',
  '--suite',
  `${HERE}prompts.jsonl`,
  '--method',
  `@${HERE}methods.json`,
  '--attribute',
  `${out}/formal.json`,
  '--judge',
  `${HERE}judge.js`,
  '--out',
  out,
  ...more,
]);

/**
 * Runs the command and shows what it says.
 *
 * @param {string[]} words
 */
function run(words) {
  console.log(`\n$ halfspace ${words.join(' ')}`);
  const PATH = [BINARIES, process.env.PATH].join(delimiter);
  const { status } = spawnSync('halfspace', words, { stdio: 'inherit', env: { ...process.env, PATH } });
  if (status !== 0) process.exit(status ?? 1);
}
