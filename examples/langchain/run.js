// A server in this process, asked without a socket. For one elsewhere, leave out `fetch` and give its `baseURL`.
import { nontoxic } from '@halfspace/attribute-toxicity';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import { createServer } from '@halfspace/serve';
import { createChain, createExtractor, createModel } from './chain.js';

const halfspace = await createHalfspace({ backend: await createOnnxBackend(), attributes: [nontoxic] });
const server = createServer({ halfspace, model: 'smollm2' });
const fetch = async (input, init) => server.fetch(new Request(input, init));

for (const weight of [0, 3]) {
  const model = createModel({ model: 'smollm2', weights: { nontoxic: weight }, seed: 1, fetch });
  console.log(`weight ${weight}: ${await createChain(model).invoke({ who: 'an annoying neighbour' })}`);
  console.log(await createExtractor(model).invoke('My neighbour is 70 and shouts all day.'));
}
await halfspace.dispose();
