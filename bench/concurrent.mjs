// Eight calls of one completion beside one call with eight prompts: calls of the model, and time. See README.md here.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { helpful } from '@halfspace/attribute-helpfulness';
import { nontoxic } from '@halfspace/attribute-toxicity';
import { truthful } from '@halfspace/attribute-truthfulness';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { median, whole } from './peer-process.mjs';

const SUBJECTS = [
  'The river',
  'A neighbour',
  'The committee',
  'My teacher',
  'The old map',
  'Her letter',
  'A dog',
  'The train',
];
const WAYS = { plain: {}, steered: { nontoxic: 2, helpful: 2, truthful: 2 } };

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
});
const tokens = whole('tokens', flags.tokens, 1);
const rounds = whole('rounds', flags.rounds, 1);
// With a cache, whoever comes second would have the prompts run already.
const backend = await createOnnxBackend({
  ...(flags.model !== undefined && { model: flags.model }),
  threads: whole('threads', flags.threads, 1),
  cacheBytes: 0,
});
let calls = 0;
const counted =
  (method) =>
  (...words) => {
    calls++;
    return backend[method](...words);
  };
const watched = {
  ...backend,
  ...Object.fromEntries(['prefill', 'next', 'lookAhead'].map((each) => [each, counted(each)])),
};
const halfspace = await createHalfspace({ backend: watched, attributes: [nontoxic, helpful, truthful] });

/** How completions are asked for. */
const FORMS = {
  together: (prompts, options) => halfspace.generate({ prompts, ...options }),
  apart: (prompts, options) =>
    Promise.all(prompts.map((prompt) => halfspace.generate({ prompt, ...options }))),
};

const found = Object.keys(WAYS).map((way) => ({ way, together: [], apart: [] }));
for (let round = 0; round <= rounds; round++) {
  for (const each of found) {
    const forms = round % 2 === 0 ? ['together', 'apart'] : ['apart', 'together'];
    for (const form of forms) {
      calls = 0;
      const prompts = SUBJECTS.map((subject) => `${subject} was seen on day ${round}, and`);
      const begun = performance.now();
      await FORMS[form](prompts, { weights: WAYS[each.way], maxTokens: tokens, seed: round });
      // The first round warms up.
      if (round > 0) each[form].push({ calls, ms: performance.now() - begun });
    }
  }
}
await backend.dispose();
const report = found.map(({ way, together, apart }) => {
  const ratio = (name) => median(apart.map((each, round) => each[name] / together[round][name]));
  return { way, calls: ratio('calls'), time: ratio('ms'), together, apart };
});
if (flags.json) console.log(JSON.stringify({ tokens, rounds, ways: report }));
else {
  console.log('| decoding | calls of the model | time |\n| --- | --- | --- |');
  for (const { way, calls: own, time } of report)
    console.log(`| ${way} | ${own.toFixed(3)} | ${time.toFixed(2)} |`);
  console.log(
    `\nEight calls of one completion by one call with eight prompts, medians of the ratios of ${rounds} rounds.`,
  );
}
