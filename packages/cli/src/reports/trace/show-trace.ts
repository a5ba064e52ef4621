import { outColours } from '../../terminal/colours.js';
import { print } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { settingsLine, statusWords, weightsLine } from './settings-line.js';
import { marginOf, marginsOf } from './traced-margins.js';
import { summaryLine, summaryOf } from './summary.js';
import type { TracedCompletion } from './trace-line.js';

/** From this margin on a token is coloured: 73 % by the log-odds, or 27 % below its negative. */
const TELLING = 1;
/** Characters of a bar for the probability 1. */
const BAR = 20;

/** Prints a completion for a person: its text coloured by the margins of an attribute, and a line a step. */
export function showTrace(completion: TracedCompletion, attribute: string | undefined): void {
  showHeading(completion);
  print(outColours.dim(completion.prompt) + colouredText(completion, attribute));
  if (attribute !== undefined && outColours.isColorSupported) {
    print(
      outColours.dim(
        `${attribute}: ${outColours.cyan(`from ${TELLING} up`)}, ${outColours.yellow(`from −${TELLING} down`)}`,
      ),
    );
  }
  print();
  for (const line of table(stepRows(completion))) print(line);
  print();
}

function stepRows({ steps, weights }: TracedCompletion): string[][] {
  const names = Object.keys(weights);
  const controlled = steps.some(({ control }) => (control?.status ?? 'inactive') !== 'inactive');
  const rows = steps.map(({ step, candidates, chosen, kl, control }) => [
    String(step),
    JSON.stringify(candidates[chosen].text),
    candidates[chosen].reference.toFixed(3),
    candidates[chosen].probability.toFixed(3),
    ...names.map((name) => marginCell(marginOf(candidates[chosen], name))),
    kl.toFixed(3),
    ...(controlled ? [control?.status ?? '–'] : []),
  ]);
  const heading = ['step', 'token', 'reference', 're-weighted', ...names, 'KL'];
  return [[...heading, ...(controlled ? ['status'] : [])], ...rows];
}

/** Prints all candidates of a step, with bars of their probability before and after. */
export function showStep(completion: TracedCompletion, index: number): void {
  const { step, candidates, chosen, kl, control } = completion.steps[index];
  showHeading(completion);
  const earlier = completion.steps.slice(0, index).map((each) => each.candidates[each.chosen].text);
  print(outColours.dim(completion.prompt + earlier.join('')));
  print(`\nstep ${step}, KL ${kl.toFixed(3)} nats${statusWords(control)}`);
  const weights = control && weightsLine(control, completion.formula);
  if (weights) print(`steered by ${weights}`);
  for (const [name, { before, after }] of Object.entries(control?.expected ?? {})) {
    print(`expected ${name} ${before.toFixed(2)} before, ${after.toFixed(2)} after`);
  }
  print();
  const names = Object.keys(completion.weights);
  const rows = candidates.map((candidate, i) => [
    i === chosen ? '›' : '',
    JSON.stringify(candidate.text),
    candidate.reference.toFixed(3),
    bar(candidate.reference),
    candidate.probability.toFixed(3),
    bar(candidate.probability),
    ...names.map((name) => marginCell(marginOf(candidate, name))),
  ]);
  const [heading, ...lines] = table([['', 'token', 'reference', '', 're-weighted', '', ...names], ...rows]);
  print(heading);
  lines.forEach((line, i) => print(i === chosen ? outColours.bold(line) : line));
  print();
}

function showHeading(completion: TracedCompletion): void {
  const { promptIndex, sample } = completion;
  const which = outColours.bold(`prompt ${promptIndex}, sample ${sample}`);
  print(`${which}  ${outColours.dim(summaryLine(summaryOf(completion)))}`);
  print(outColours.dim(settingsLine(completion)));
}

function colouredText(completion: TracedCompletion, attribute: string | undefined): string {
  const margins = attribute === undefined ? [] : marginsOf(completion, attribute);
  return completion.steps
    .map(({ candidates, chosen }, i) => {
      const text = candidates[chosen].text;
      const margin = margins[i] ?? 0;
      if (margin >= TELLING) return outColours.cyan(text);
      return margin <= -TELLING ? outColours.yellow(text) : text;
    })
    .join('');
}

function marginCell(margin: number | undefined): string {
  return margin?.toFixed(2) ?? '–';
}

function bar(probability: number): string {
  return '█'.repeat(Math.round(BAR * probability));
}
