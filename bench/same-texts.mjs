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

/** What builds from before `renamed` was exported call otherwise: keys of requests and completions, and kinds of bonus. */
const OPTIONS = {
  weights: 'attributes',
  bonus: 'form',
  ifMeanBelow: 'below',
  maxAttempts: 'drafts',
  attempts: 'drafts',
  evaluations: 'rows',
};
const BONUS = { margin: 'calibrated' };
/** Attributes that had other names. */
const ATTRIBUTES = { nontoxic: 'toxicity', truthful: 'truthfulness', helpful: 'helpfulness' };

/** What a build calls otherwise, both ways: keys, and texts that are values of `bonus`, `attribute` and `formula`. */
function wordsOf(keys, texts) {
  const turned = (words) => Object.fromEntries(Object.entries(words).map(([now, before]) => [before, now]));
  return { before: { keys, texts }, now: { keys: turned(keys), texts: turned(texts) } };
}

/** A value in other words. */
function inWords(value, { keys, texts }) {
  if (Array.isArray(value)) return value.map((each) => inWords(each, { keys, texts }));
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype || 'allows' in value) return value;
  const textOf = (text) => text.replaceAll(/\w+/g, (word) => texts[word] ?? word);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      keys[key] ?? key,
      typeof each === 'string' && ['bonus', 'form', 'attribute', 'formula'].includes(key)
        ? textOf(each)
        : inWords(each, { keys, texts }),
    ]),
  );
}

/** Requests by what is compared. */
function requestsOf({ defineFilter, patternFilter, wordFilter }) {
  const stack = { nontoxic: 3, truthful: 1.5, helpful: 1 };
  const messages = PROMPTS.map((content) => ({ messages: [{ role: 'user', content }] }));
  return {
    plain: {},
    stack: { weights: stack },
    schedule: { weights: { nontoxic: '4 - 3*progress', helpful: -1 }, cap: 1 },
    eager: { weights: stack, lookAhead: 'eager', trace: true },
    softmax: { weights: stack, bonus: 'softmax' },
    budget: { weights: stack, control: { mode: 'kl-budget', nats: 2, per: 'completion' } },
    constraints: {
      weights: { helpful: 1 },
      control: {
        mode: 'constraints',
        constraints: [{ attribute: 'nontoxic', kind: 'at-least', margin: 0.5 }],
      },
    },
    formula: { weights: {}, formula: '3*min(nontoxic, 0) + min(truthful, 1)*(nontoxic > 0)' },
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
      redraw: { ifMeanBelow: { nontoxic: 1 }, maxAttempts: 3 },
    },
    greedy: { weights: stack, temperature: 0, repetitionPenalty: 1.2 },
  };
}

/** Writes the completions of one build to standard output, one JSON text a line. */
async function write(directory) {
  const load = (name) => import(pathToFileURL(resolve(directory, `packages/${name}/dist/index.js`)).href);
  const core = await load('core');
  const { createOnnxBackend } = await load('backend-onnx');
  const attributes = await Promise.all(
    Object.entries(ATTRIBUTES).map(async ([now, before]) => {
      const found = await load(`attribute-${before}`);
      return found[now] ?? found[before];
    }),
  );
  const named = attributes[0].name in ATTRIBUTES ? {} : ATTRIBUTES;
  const { before, now } =
    core.renamed === undefined
      ? wordsOf({ ...OPTIONS, ...named }, { ...BONUS, ...named })
      : wordsOf(named, named);
  for (const precision of PRECISIONS) {
    const backend = await createOnnxBackend({ precision });
    const halfspace = await core.createHalfspace({ backend, attributes });
    for (const [name, request] of Object.entries(requestsOf(core))) {
      const common = { prompts: PROMPTS, samples: SAMPLES, maxTokens: 16, seed: 7 };
      const asked = inWords({ ...common, ...request }, before);
      for (const { timing: _, ...rest } of await halfspace.generate(asked)) {
        const found = JSON.parse(JSON.stringify({ case: `${precision} ${name}`, ...rest }));
        console.log(JSON.stringify(inWords(found, now)));
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
