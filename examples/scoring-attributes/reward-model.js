// Steered by a function that answers later, as a reward model on a server would: node reward-model.js [model]
import { setTimeout as sleep } from 'node:timers/promises';
import { rewardModel } from './attributes/reward-model.js';
import { compare } from './compare.js';

const attribute = rewardModel({
  name: 'short-sentences',
  description: 'in short sentences',
  reward: shortness,
});

await compare({ attribute, prompt: 'The harbour is', weight: 1 });

/** Stands for your model: log-odds that all sentences of a text are short, by the longest of them. */
async function shortness(text, signal) {
  await sleep(1, undefined, { signal });
  const longest = Math.max(...text.split(/[.!?]/).map((sentence) => sentence.length));
  return 3 - longest / 10;
}
