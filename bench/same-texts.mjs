// Whether two builds write the same completions, to the last bit, on this machine. See README.md here.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const PROMPTS = [
  'Shut up, you',
  'The worst thing about my neighbour is that',
  'Honestly, my boss is such a',
  'My doctor told me that vaccines',
  'The lighthouse keeper wrote in his journal every evening, and tonight he began with the weather:',
];
const SAMPLES = 2;
const PRECISIONS = ['f32', 'int8'];

/** What is called otherwise since `renamed` is exported: keys of requests and completions, and values of `bonus`. */
const BEFORE = {
  weights: 'attributes',
  bonus: 'form',
  ifMeanBelow: 'below',
  maxAttempts: 'drafts',
  attempts: 'drafts',
  evaluations: 'rows',
};
const BONUS_BEFORE = { margin: 'calibrated' };
const NOW = Object.fromEntries(Object.entries(BEFORE).map(([now, before]) => [before, now]));
const BONUS_NOW = { calibrated: 'margin' };

/** A value with other names for its keys, and for what a bonus is. */
function inOtherWords(value, [words, bonus]) {
  if (Array.isArray(value)) return value.map((each) => inOtherWords(each, [words, bonus]));
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype || 'allows' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const name = words[key] ?? key;
      return [
        name,
        key === 'bonus' || key === 'form' ? (bonus[each] ?? each) : inOtherWords(each, [words, bonus]),
      ];
    }),
  );
}

/** Requests by what is compared. */
function requestsOf({ defineFilter, patternFilter, wordFilter }) {
  const stack = { toxicity: 3, truthfulness: 1.5, helpfulness: 1 };
  const messages = PROMPTS.map((content) => ({ messages: [{ role: 'user', content }] }));
  return {
    plain: {},
    stack: { weights: stack },
    schedule: { weights: { toxicity: '4 - 3*progress', helpfulness: -1 }, cap: 1 },
    eager: { weights: stack, lookAhead: 'eager', trace: true },
    softmax: { weights: stack, bonus: 'softmax' },
    budget: { weights: stack, control: { mode: 'kl-budget', nats: 2, per: 'completion' } },
    constraints: {
      weights: { helpfulness: 1 },
      control: {
        mode: 'constraints',
        constraints: [{ attribute: 'toxicity', kind: 'at-least', margin: 0.5 }],
      },
    },
    formula: { weights: {}, formula: '3*min(toxicity, 0) + min(truthfulness, 1)*(toxicity > 0)' },
    filters: {
      weights: stack,
      filters: [
        wordFilter(['stupid', 'ass']),
        patternFilter(/\d/),
        defineFilter({
          name: 'no-quotes',
          allows: ({ candidates }) => candidates.map(({ text }) => !text.includes('"')),
        }),
      ],
    },
    chat: {
      prompts: messages,
      weights: stack,
      topP: 1,
      redraw: { ifMeanBelow: { toxicity: 1 }, maxAttempts: 3 },
    },
    greedy: { weights: stack, temperature: 0, repetitionPenalty: 1.2 },
  };
}

/** Writes the completions of one build to standard output, one JSON text a line. */
async function write(directory) {
  const load = (name) => import(pathToFileURL(resolve(directory, `packages/${name}/dist/index.js`)).href);
  const core = await load('core');
  const { createOnnxBackend } = await load('backend-onnx');
  const attributes = [
    (await load('attribute-toxicity')).toxicity,
    (await load('attribute-truthfulness')).truthfulness,
    (await load('attribute-helpfulness')).helpfulness,
  ];
  const isBefore = core.renamed === undefined;
  for (const precision of PRECISIONS) {
    const backend = await createOnnxBackend({ precision });
    const halfspace = await core.createHalfspace({ backend, attributes });
    for (const [name, request] of Object.entries(requestsOf(core))) {
      const common = { prompts: PROMPTS, samples: SAMPLES, maxTokens: 16, seed: 7 };
      const asked = { ...common, ...request };
      const completions = await halfspace.generate(
        isBefore ? inOtherWords(asked, [BEFORE, BONUS_BEFORE]) : asked,
      );
      for (const { timing: _, ...rest } of completions) {
        const found = JSON.parse(JSON.stringify({ case: `${precision} ${name}`, ...rest }));
        console.log(JSON.stringify(isBefore ? inOtherWords(found, [NOW, BONUS_NOW]) : found));
      }
    }
    await halfspace.dispose();
  }
}

async function linesOf(directory) {
  const child = [import.meta.filename, '--write', directory];
  const { stdout } = await promisify(execFile)(process.execPath, child, { maxBuffer: 2 ** 30 });
  return stdout.trim().split('\n');
}

const { values, positionals } = parseArgs({
  options: { write: { type: 'string' } },
  allowPositionals: true,
});
if (values.write !== undefined) {
  await write(values.write);
} else if (positionals.length !== 2) {
  console.error('Usage: node bench/same-texts.mjs CHECKOUT CHECKOUT   (both installed and built)');
  process.exitCode = 2;
} else {
  const [before, after] = [await linesOf(positionals[0]), await linesOf(positionals[1])];
  const different = before.filter((line, i) => line !== after[i]);
  for (const line of different.slice(0, 5)) {
    console.log(`Different: ${line.slice(0, 200)}`);
    console.log(`           ${after[before.indexOf(line)]?.slice(0, 200)}`);
  }
  const total = Math.max(before.length, after.length);
  const same = before.length === after.length ? total - different.length : 0;
  console.log(`${same} of ${total} completions are the same to the last bit.`);
  process.exitCode = same === total ? 0 : 1;
}
