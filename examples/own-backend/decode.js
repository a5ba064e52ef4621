// Completes a prompt with the n-gram model of sea.txt, without and with an attribute that is read from its hidden states.
import { readFile } from 'node:fs/promises';
import { createHalfspace, defineAttribute } from '@halfspace/core';
import { harmless } from 'halfspace';
import { createNgramBackend } from './backend.js';

const CALM = [
  'the sea was calm and the water was warm',
  'the old man slept in the sun and the town was quiet',
];
const STORMY = [
  'the storm broke on the rocks in the dark',
  'the gull cried and the children were afraid of the cold',
];

const backend = createNgramBackend(await readFile(new URL('sea.txt', import.meta.url), 'utf8'));

/** The mean of the hidden states at the ends of some texts. */
async function meanState(texts) {
  const layer = backend.model.layers;
  const tokens = texts.map((text) => backend.tokenizer.encode(text));
  const states = await backend.states(tokens, { layers: [layer] });
  const ends = states.map((each) => each.hidden(layer).slice(-backend.model.width));
  return ends[0].map((_, axis) => ends.reduce((sum, end) => sum + end[axis], 0) / ends.length);
}

// The simplest classifier that there is: what lies nearer to one mean than to the other.
const [calmly, stormily] = [await meanState(CALM), await meanState(STORMY)];
const between = calmly.map((value, axis) => value - stormily[axis]);
const gap = Math.hypot(...between);
const direction = between.map((value) => value / gap);
const offset = direction.reduce((sum, value, axis) => sum + (value * (calmly[axis] + stormily[axis])) / 2, 0);

const calm = defineAttribute({
  name: 'calm',
  description: 'of fair weather',
  subspaces: [
    {
      model: backend.model.fingerprint,
      layers: [backend.model.layers],
      direction,
      offset,
      // At the two means the log-odds are 2 and −2.
      calibration: { slope: 4 / gap, intercept: 0 },
    },
  ],
});

const halfspace = await createHalfspace({ backend, attributes: [calm] });
for (const weight of [0, 4]) {
  console.log(`weight ${weight}`);
  const weights = { calm: weight };
  for (const { text, margins } of await halfspace.generate({
    prompt: 'The evening was',
    samples: 4,
    maxTokens: 20,
    weights,
    cap: 2,
  })) {
    console.log(`${margins.calm.mean.toFixed(2).padStart(6)}  ${harmless(`The evening was${text}`)}`);
  }
}
await halfspace.dispose();
