// What a token costs more where the model runs in a worker. See README.md here.
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { helpful } from '@halfspace/attribute-helpfulness';
import { truthful } from '@halfspace/attribute-truthfulness';

const PROMPT =
  'The lighthouse keeper wrote in his journal every evening, and tonight he began, as always, with the weather:';
const ATTRIBUTES = [nontoxic, helpful, truthful];
const STEERED = Object.fromEntries(ATTRIBUTES.map(({ name }) => [name, 1]));
const CASES = {
  plain: { weights: {}, samples: 1 },
  steered: { weights: STEERED, samples: 1 },
  'steered, eight': { weights: STEERED, samples: 8 },
};

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    tokens: { type: 'string', default: '24' },
    precision: { type: 'string', default: 'f32' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [tokens, rounds] = [flags.tokens, flags.rounds].map(Number);
const threads = flags.threads === undefined ? {} : { threads: Number(flags.threads) };

/** With and without: the same model, in one process, so that whatever else the machine does meets both. */
const ways = await Promise.all(
  [true, false].map(async (worker) => {
    const backend = await createOnnxBackend({ worker, precision: flags.precision, ...threads });
    // No text ends early.
    const endless = { ...backend, tokenizer: { ...backend.tokenizer, endTokens: new Set() } };
    return { worker, halfspace: await createHalfspace({ backend: endless, attributes: ATTRIBUTES }) };
  }),
);

/** Milliseconds a token: on the clock, and of processors, all threads together. */
async function block({ halfspace }, { weights, samples }, seed) {
  const before = process.cpuUsage();
  const done = await halfspace.generate({ prompt: PROMPT, maxTokens: tokens, weights, samples, seed });
  const { user, system } = process.cpuUsage(before);
  const written = done.reduce((sum, each) => sum + each.tokens.length, 0);
  return {
    wall: Math.max(...done.map(({ timing }) => timing.decodeMs)) / written,
    processor: (user + system) / 1000 / written,
  };
}

const found = Object.fromEntries(Object.keys(CASES).map((name) => [name, ways.map(() => [])]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, each] of Object.entries(CASES)) {
    // Who goes first takes turns, too.
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const result = await block(ways[index], each, round);
      // The first round warms up.
      if (round > 0) found[name][index].push(result);
    }
  }
  process.stderr.write(`\rround ${round} of ${rounds}`);
}
process.stderr.write('\n');
for (const { halfspace } of ways) await halfspace.dispose();

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
if (flags.json) console.log(JSON.stringify({ flags, found }));
else {
  console.log(
    '| ms a token | measure | least, worker | least, none | ratio of least | median ratio of rounds |\n|---|---|---|---|---|---|',
  );
  for (const [name, [inWorker, here]] of Object.entries(found)) {
    for (const measure of ['wall', 'processor']) {
      const [one, other] = [inWorker, here].map((blocks) => blocks.map((each) => each[measure]));
      const [least, least0] = [Math.min(...one), Math.min(...other)];
      const ratio = median(one.map((value, i) => value / other[i]));
      const percent = (value) => `${((value - 1) * 100).toFixed(1)} %`;
      const cells = [least.toFixed(3), least0.toFixed(3), percent(least / least0), percent(ratio)];
      console.log(`| ${[name, measure, ...cells].join(' | ')} |`);
    }
  }
}
