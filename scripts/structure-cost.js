// What a structure costs a token: node scripts/structure-cost.js [--rounds 6] [--tokens 48] [--model NAME] [--json]
// Completions with and without one are timed in turns, in processor time of all threads, and by their minima.
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { grammarFilter, jsonSchemaFilter } from '@halfspace/grammar';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    tokens: { type: 'string', default: '48' },
    model: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const ITEM = {
  type: 'object',
  properties: { name: { type: 'string' }, count: { type: 'integer' }, kind: { enum: ['one', 'two'] } },
  required: ['name', 'count', 'kind'],
};

/** The first lets nearly every token through, so that its texts are those without it. */
const WAYS = {
  plain: [],
  'any text': [grammarFilter('root ::= [^\\x00]*')],
  'JSON Schema': [jsonSchemaFilter({ type: 'array', items: ITEM, minItems: 100 })],
};

const model = flags.model === undefined ? {} : { model: flags.model };
const backend = await createOnnxBackend({ ...model, threads: 1 });
const halfspace = await createHalfspace({ backend, attributes: [] });
const maxTokens = Number(flags.tokens);

/** @param {typeof WAYS.plain} filters */
async function millisecondsPerToken(filters) {
  const before = process.cpuUsage();
  const { tokens } = await halfspace.complete({ prompt: 'A list of things:\n', maxTokens, filters, seed: 1 });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / tokens.length;
}

/** @type {Record<string, number[]>} */
const found = Object.fromEntries(Object.keys(WAYS).map((name) => [name, []]));
// The first round compiles grammars and fills caches.
for (let round = 0; round <= Number(flags.rounds); round++) {
  for (const [name, filters] of Object.entries(WAYS)) {
    const each = await millisecondsPerToken(filters);
    if (round > 0) found[name].push(each);
  }
}
await halfspace.dispose();

const least = Object.fromEntries(Object.entries(found).map(([name, each]) => [name, Math.min(...each)]));
const rows = Object.entries(least).map(([way, ms]) => ({ way, ms, ratio: ms / least.plain }));
if (flags.json)
  console.log(JSON.stringify({ model: backend.model.name, maxTokens, rounds: Number(flags.rounds), rows }));
else
  for (const { way, ms, ratio } of rows)
    console.log(`${way.padEnd(12)} ${ms.toFixed(2)} ms a token, ${ratio.toFixed(3)} times plain`);
