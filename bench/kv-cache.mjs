// What rounding keys and values changes: perplexity, and divergence from those in f32. See README.md here.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string' },
    tokens: { type: 'string', default: '1024' },
    every: { type: 'string', default: '16' },
    files: { type: 'string', default: 'docs/authoring.md,docs/evaluation.md' },
    json: { type: 'boolean', default: false },
  },
});
const [most, every] = [flags.tokens, flags.every].map(Number);
const texts = await Promise.all(
  flags.files.split(',').map((name) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')),
);

/** Next-token distributions at every so many tokens of the texts, and the mean negative log-probability of all tokens. */
async function read(precision, kvCache) {
  const backend = await createOnnxBackend({ model: flags.model, precision, kvCache, cacheBytes: 0 });
  const all = Array.from({ length: backend.tokenizer.vocabularySize }, (_, token) => token);
  const distributions = [];
  let [sum, count] = [0, 0];
  for (const text of texts) {
    const tokens = backend.tokenizer.encode(text).slice(0, most);
    for (const logProb of await backend.logProbs(tokens)) [sum, count] = [sum - logProb, count + 1];
    let context;
    for (let end = every; end <= tokens.length; end += every) {
      const rest = tokens.slice(end - every, end);
      const [{ context: longer }] = await backend.prefill([{ tokens: rest, after: context, rowsPerStep: 1 }]);
      if (context !== undefined) backend.release(context);
      context = longer;
      const [{ asked }] = await backend.next([{ context, topK: 0, tokens: all }]);
      distributions.push(Float32Array.from(asked));
    }
    if (context !== undefined) backend.release(context);
  }
  await backend.dispose();
  return { perplexity: Math.exp(sum / count), distributions };
}

function divergence(from, to) {
  return from.reduce((sum, logProb, token) => sum + Math.exp(logProb) * (logProb - to[token]), 0);
}

function highest(logProbs) {
  return logProbs.reduce((best, each, token) => (each > logProbs[best] ? token : best), 0);
}

const results = [];
const exact = await read('f32', 'f32');
for (const [precision, kvCache] of [
  ['f32', 'f32'],
  ['f32', 'f16'],
  ['int8', 'f32'],
  ['int8', 'f16'],
]) {
  const found = precision === 'f32' && kvCache === 'f32' ? exact : await read(precision, kvCache);
  const kl = found.distributions.map((each, index) => divergence(exact.distributions[index], each));
  const same = found.distributions.filter(
    (each, index) => highest(each) === highest(exact.distributions[index]),
  );
  results.push({
    precision,
    kvCache,
    perplexity: found.perplexity,
    meanKl: kl.reduce((sum, each) => sum + each, 0) / kl.length,
    highestKl: Math.max(...kl),
    sameFirst: same.length / kl.length,
    positions: kl.length,
  });
  process.stderr.write(`${precision}, keys and values in ${kvCache}\n`);
}
if (flags.json) console.log(JSON.stringify(results));
else {
  console.log(
    '| precision | keys and values | perplexity | mean KL, nats | highest KL | same most probable token |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const { precision, kvCache, perplexity, meanKl, highestKl, sameFirst } of results) {
    const cells = [
      precision,
      kvCache,
      perplexity.toFixed(4),
      meanKl.toExponential(1),
      highestKl.toExponential(1),
    ];
    console.log(`| ${[...cells, `${(100 * sameFirst).toFixed(1)} %`].join(' | ')} |`);
  }
}
