// Milliseconds a token on a GPU beside the processor, plain and steered, for models of 1 and 8 billion random weights. See README.md here.
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace, defineAttribute } from '@halfspace/core';
import { SHAPES, writeModel } from './synthetic-model.mjs';

const PROMPT = 'abcdefgh '.repeat(8);
const ATTRIBUTES = 3;
const FORMAT = 'Q4_K';

/** To try the script: as wide as a block of that format. */
const TINY = {
  ...SHAPES['llama-3.2-1b'],
  layers: 2,
  width: 256,
  feedForward: 512,
  heads: 4,
  keyValueHeads: 2,
  vocabulary: 512,
};
const KNOWN = { ...SHAPES, tiny: TINY };

const { values: flags } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'llama-3.2-1b' },
    devices: { type: 'string', default: 'webgpu,cpu' },
    precision: { type: 'string' },
    tokens: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '10' },
    directory: { type: 'string', default: join(tmpdir(), 'halfspace-random-models') },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [tokens, rounds, minutes] = [flags.tokens, flags.rounds, flags.minutes].map(Number);
const [shapes, devices] = [flags.shapes.split(','), flags.devices.split(',')];
/** Of each shape on each device, so that a slow one leaves time for the next. */
const mostMs = (minutes * 60_000) / (shapes.length * devices.length);
const say = (line) => flags.json || console.log(line);

/** Attributes along random directions, at a layer where candidates can stop: what they cost does not depend on where they point. */
function createAttributes({ model }) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Array.from({ length: ATTRIBUTES }, (_, index) => {
    const raw = Float64Array.from({ length: model.width }, random);
    const norm = Math.hypot(...raw);
    const direction = Float32Array.from(raw, (each) => each / norm);
    const subspace = { model: model.fingerprint, layers: [model.cut], direction, offset: 0 };
    const calibration = { slope: 0.05 / ATTRIBUTES, intercept: 0 };
    return defineAttribute({
      name: `random-${index + 1}`,
      description: 'a random direction',
      subspaces: [{ ...subspace, calibration }],
    });
  });
}

/** Median milliseconds a token, plain and steered by turns; the first round warms up. */
async function time(backend) {
  const endless = { ...backend, tokenizer: { ...backend.tokenizer, endTokens: new Set() } };
  const attributes = createAttributes(backend);
  const halfspace = await createHalfspace({ backend: endless, attributes });
  const ways = { plain: {}, steered: Object.fromEntries(attributes.map(({ name }) => [name, 1])) };
  const found = { plain: [], steered: [] };
  const until = performance.now() + mostMs;
  for (let round = 0; round <= rounds && (round < 2 || performance.now() < until); round++) {
    for (const [way, weights] of Object.entries(ways)) {
      const options = { prompt: PROMPT, weights, topK: 10, topP: 0.9, maxTokens: tokens, seed: round };
      const { timing } = await halfspace.complete(options);
      if (round > 0) found[way].push(timing.decodeMs / tokens);
    }
  }
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
  return { plainMs: median(found.plain), steeredMs: median(found.steered) };
}

for (const shape of shapes)
  if (KNOWN[shape] === undefined)
    throw new Error(`There is no shape ${shape}: ${Object.keys(KNOWN).join(', ')}.`);
const results = [];
await mkdir(flags.directory, { recursive: true });
for (const shape of shapes) {
  const model = join(flags.directory, `${shape}.gguf`);
  if ((await stat(model).catch(() => undefined)) === undefined) {
    await writeModel(`${model}.part`, KNOWN[shape], FORMAT);
    await rename(`${model}.part`, model);
  }
  for (const device of devices) {
    const precision = flags.precision ?? (device === 'webgpu' ? 'int4' : 'int8');
    try {
      const backend = await createOnnxBackend({ model, device, precision });
      const times = await time(backend).finally(async () => backend.dispose());
      results.push({ shape, device, precision, ...times });
      say(
        `${shape} on ${device} in ${precision}: plain ${times.plainMs.toFixed(2)} ms a token, steered ${times.steeredMs.toFixed(2)}, ratio ${(times.steeredMs / times.plainMs).toFixed(2)}`,
      );
    } catch (error) {
      results.push({ shape, device, precision, error: error.message });
      say(`${shape} on ${device}: ${error.message}`);
    }
  }
  if (!flags.keep) await rm(model, { force: true });
}
if (flags.json) console.log(JSON.stringify({ tokens, rounds, results }));
