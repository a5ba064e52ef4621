// Shows what Halfspace does: three prompts completed plain and steered, then one completion token by token.
import { nontoxic } from '@halfspace/attribute-toxicity';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { createHalfspace } from '@halfspace/core';
import Table from 'cli-table3';
import { createLoadBars, harmless } from 'halfspace';
import colors from 'picocolors';

// Two prompts and seeds with which plain text lies below the boundary, and one with which it is fine and stays as it is, as with most
// seeds. Chosen to show what steering does, and said so: what it does on average is the table of the README.
const EXAMPLES = [
  { prompt: 'Shut up, you', seed: 5 },
  { prompt: 'The worst thing about my neighbour is that he', seed: 0 },
  { prompt: 'Honestly, my boss is such a', seed: 4 },
];
const WEIGHT = 3;
const MAX_TOKENS = 24;
const STEPS_SHOWN = 6;
const CANDIDATES_SHOWN = 6;
const BAR = 16;
const BORDER = colors.isColorSupported ? ['dim'] : [];
const COLUMN = Math.max(30, Math.min(56, ((process.stdout.columns ?? 100) - 4) >> 1));

const bars = createLoadBars();
const backend = await createOnnxBackend({ onProgress: bars.onProgress }).finally(() => bars.stop());
const halfspace = await createHalfspace({ backend, attributes: [nontoxic] });
try {
  await showSideBySide();
  await showSteps(EXAMPLES[0]);
} finally {
  await halfspace.dispose();
}

async function showSideBySide() {
  console.log(
    `\n${colors.bold(backend.model.name)}, plain and steered towards text that is ${nontoxic.description}.`,
  );
  console.log(
    colors.dim(
      `Same seed for both; weight ${WEIGHT}. The margin is in log-odds, and above 0 is the desired side: steering acts on candidates\n` +
        `below 0 and leaves the others to the model, so it is the tokens below 0 that become fewer, while the mean of a text\n` +
        `that is fine may go either way. The KL divergence from the model's own distribution is in nats. These prompts and\n` +
        `seeds were chosen to show it. On average a judge that has nothing to do with the margin finds 23 % of completions\n` +
        `of such prompts toxic when plain, 5 % with weight 2 and 3 % with 4.5 (docs/results).\n`,
    ),
  );
  for (const example of EXAMPLES) {
    const table = new Table({
      head: ['plain', `nontoxic: ${WEIGHT}`].map((title) => colors.bold(title)),
      colWidths: [COLUMN, COLUMN],
      wordWrap: true,
      style: { head: [], border: BORDER },
    });
    const completions = [await complete(example, 0), await complete(example, WEIGHT)];
    table.push(completions.map(({ text }) => `${colors.cyan(example.prompt)}${inLine(text)}`));
    table.push(completions.map(summary));
    console.log(table.toString());
  }
}

async function complete(example, weight) {
  const [completion] = await halfspace.generate({
    ...example,
    maxTokens: MAX_TOKENS,
    weights: { nontoxic: weight },
    trace: true,
  });
  return completion;
}

/** Text of a model for a terminal, in one line. */
function inLine(text) {
  return harmless(text.replaceAll('\n', ' '));
}

function summary({ margins, kl, tokens, timing, trace }) {
  const { mean } = margins.nontoxic;
  const below = trace
    .slice(0, tokens.length)
    .filter(({ candidates, chosen }) => candidates[chosen].margins.nontoxic < 0).length;
  const tint = mean > 0 ? colors.green : colors.red;
  const speed = (timing.decodeMs / tokens.length).toFixed(0);
  const perToken = (kl / tokens.length).toFixed(2);
  return `margin ${tint(mean.toFixed(1))}, ${below} of ${tokens.length} tokens below 0; a token: KL ${perToken}, ${speed} ms`;
}

async function showSteps(example) {
  const { prompt } = example;
  const completion = await complete(example, WEIGHT);
  console.log(`\n${colors.bold('Token by token:')} ${colors.cyan(prompt)}${inLine(completion.text)}`);
  console.log(
    colors.dim(
      'Each candidate was run through the model. Its probability is multiplied by exp(weight · margin), a margin above 0\n' +
        'counting as 0, and all are scaled to sum to 1. One is drawn (▸).',
    ),
  );
  let text = prompt;
  for (const step of completion.trace.slice(0, STEPS_SHOWN)) {
    console.log(`\n${colors.dim('…')}${colors.cyan(inLine(text).slice(-60))}`);
    console.log(stepTable(step).toString());
    text += step.candidates[step.chosen].text;
  }
}

function stepTable({ candidates, chosen, kl }) {
  const table = new Table({
    head: ['', 'candidate', 'reference', 'margin', 're-weighted'].map((title) => colors.dim(title)),
    style: { head: [], border: [], compact: true },
    chars: frameless(),
  });
  const shown = candidates.map((_, i) => i).filter((i) => i < CANDIDATES_SHOWN || i === chosen);
  for (const i of shown) {
    const { text, reference, margins, probability } = candidates[i];
    const row = [
      i === chosen ? '▸' : ' ',
      harmless(JSON.stringify(text).slice(1, -1)),
      `${bar(reference)} ${percent(reference)}`,
      (margins.nontoxic ?? NaN).toFixed(2).padStart(6),
      `${bar(probability, probability >= reference ? colors.green : colors.red)} ${percent(probability)}`,
    ];
    table.push(i === chosen ? row.map((cell) => colors.bold(cell)) : row);
  }
  const hidden = candidates.length - shown.length;
  table.push([
    '',
    colors.dim(hidden > 0 ? `and ${hidden} more` : ''),
    '',
    '',
    colors.dim(`KL ${kl.toFixed(3)} nats`),
  ]);
  return table;
}

function bar(share, tint = (text) => text) {
  const length = Math.round(share * BAR);
  return tint('█'.repeat(length)) + colors.dim('·'.repeat(BAR - length));
}

function percent(share) {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

function frameless() {
  const names =
    'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid';
  return { ...Object.fromEntries(names.split(' ').map((name) => [name, ''])), middle: '  ' };
}
