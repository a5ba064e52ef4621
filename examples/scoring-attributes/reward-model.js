// Steered by a function that answers later, as a reward model on a server would: node reward-model.js [model]
import { setTimeout as sleep } from 'node:timers/promises';
import { rewardModel } from './attributes/reward-model.js';
import { compare } from './compare.js';

const attribute = rewardModel({
  name: 'short-sentences',
  description: 'in short sentences',
  reward: shortness,
});

await compare({ attribute, prompt: 'The harbour is', weight: 3 });

/** Stands for your model: log-odds that the sentence which is being written is a short one, by its characters. */
async function shortness(text, signal) {
  await sleep(1, undefined, { signal });
  const [sentence] = text.split(/[.!?]/).slice(-1);
  return 3 - sentence.length / 10;
}
