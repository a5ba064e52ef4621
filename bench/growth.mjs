// How the time of a steered token splits up, and grows with candidates, completions, context and attributes. See README.md here.
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, defineAttribute } from '@halfspace/core';

const PROMPT =
  'The lighthouse keeper wrote in his journal every evening, and tonight he began, as always, with the weather:';
const FILLER = ' Wind from the north, a grey sea, and nothing on the horizon but rain.';
const SERIES = {
  candidates: [1, 2, 5, 10, 20, 50],
  completions: [1, 4, 16, 25, 64],
  context: [64, 256, 1024, 4096],
  attributes: [1, 2, 4, 8, 16],
};
const DEFAULTS = { candidates: 10, completions: 1, context: 32, attributes: 3, weight: 1, lookAhead: 'lazy' };

const { values: flags } = parseArgs({
  options: { tokens: { type: 'string', default: '12' }, rounds: { type: 'string', default: '7' } },
});
const [tokens, rounds] = [flags.tokens, flags.rounds].map(Number);

const backend = await createOnnxBackend();
const spent = { look: 0, rest: 0, head: 0, all: 0 };
const timed = { ...backend, next, lookAhead, tokenizer: { ...backend.tokenizer, endTokens: new Set() } };

/** The first question also takes winners through the upper part of the trunk; the second one only runs the head. */
async function next(requests) {
  const answers = await clock('rest', () => backend.next(requests));
  await clock('head', () => backend.next(requests));
  return answers;
}

async function lookAhead(requests) {
  return clock('look', () => backend.lookAhead(requests));
}

async function clock(part, work) {
  const start = performance.now();
  const result = await work();
  spent[part] += performance.now() - start;
  return result;
}

/** Attributes along random directions, at a layer where candidates can stop: what they cost does not depend on where they point. */
function createAttributes(count) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Array.from({ length: count }, (_, index) => {
    const raw = Float64Array.from({ length: backend.model.width }, random);
    const norm = Math.hypot(...raw);
    const direction = Float32Array.from(raw, (each) => each / norm);
    const subspace = { model: backend.model.fingerprint, layers: [backend.model.cut], direction, offset: 0 };
    const calibration = { slope: 0.05 / count, intercept: 0 };
    return defineAttribute({
      name: `random-${index + 1}`,
      description: 'a random direction',
      subspaces: [{ ...subspace, calibration }],
    });
  });
}

function promptOf(length) {
  let text = PROMPT;
  while (backend.tokenizer.encode(text).length < length) text += FILLER;
  return backend.tokenizer.decode(backend.tokenizer.encode(text).slice(0, length));
}

/** Milliseconds a token of all completions together, by part. */
async function block({ candidates, completions, context, attributes, weight, lookAhead: way }, seed) {
  const known = createAttributes(attributes);
  const halfspace = await createHalfspace({ backend: timed, attributes: known });
  for (const part of Object.keys(spent)) spent[part] = 0;
  const done = await halfspace.generate({
    prompt: promptOf(context),
    maxTokens: tokens,
    samples: completions,
    topK: candidates,
    topP: 0.9,
    weights: Object.fromEntries(known.map(({ name }) => [name, weight])),
    lookAhead: way,
    seed,
  });
  const written = done.reduce((sum, each) => sum + each.tokens.length, 0);
  // Completions share their steps, so the longest one has seen all of the time.
  const all = Math.max(...done.map(({ timing }) => timing.decodeMs));
  const lower = spent.look;
  const upper = Math.max(0, spent.rest - spent.head);
  const { head } = spent;
  const other = all - lower - spent.rest - head;
  const evaluations = done.reduce((sum, each) => sum + each.evaluations, 0);
  const parts = { lower, upper, head, other, all: all - head };
  return {
    ...Object.fromEntries(Object.entries(parts).map(([name, ms]) => [name, ms / written])),
    evaluations: evaluations / written,
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

for (const [name, sizes] of Object.entries(SERIES)) {
  const found = new Map(sizes.map((size) => [size, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const size of sizes) {
      const result = await block({ ...DEFAULTS, [name]: size }, round);
      // The first round warms up.
      if (round > 0) found.get(size).push(result);
    }
    process.stderr.write(`\r${name}: round ${round} of ${rounds}`);
  }
  process.stderr.write('\n');
  const columns = ['all', 'lower', 'upper', 'head', 'other', 'evaluations'];
  console.log(
    `| ${name} | ms a token | lower trunk | upper trunk | head | the rest | evaluations |\n|---|---|---|---|---|---|---|`,
  );
  for (const [size, results] of found) {
    const cells = columns.map((column) => median(results.map((each) => each[column])).toFixed(2));
    console.log(`| ${[size, ...cells].join(' | ')} |`);
  }
  console.log('');
}
await backend.dispose();
