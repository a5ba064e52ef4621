import type { TracedStep } from '@halfspace/core';
import { candidateTable, marginOf, tokenCode } from '../parts/candidate-table.js';
import { part, type Part } from '../parts/part.js';
import { stepPlot } from '../parts/step-plot.js';
import { byId, fill } from './dom.js';

/** A text, step by step. */
export interface SteppedText {
  /** Which of the texts it is. */
  readonly title: string;
  readonly steps: readonly TracedStep[];
  /** Values that were read. */
  readonly names: readonly string[];
  /** Candidates that were run for a step where not all of them had to be; undefined where that is not known. */
  readonly evaluationsOf?: (step: number) => number | undefined;
  /** Goes on from the text before a step with a candidate of it in place of the one that was taken; undefined where nobody can. */
  readonly goOn?: (step: number, candidate: number) => void;
  /** Told which step is looked at. */
  readonly onStep: (step: number) => void;
}

/** Shows one step of a text: what could have been written, and why it was not. */
export function showStep(text: SteppedText, step: number): void {
  const panel = byId('token');
  const { title, steps, names, goOn } = text;
  const found = steps[step];
  const { candidates, chosen } = found;
  fill(
    panel,
    part(
      'h2',
      { id: 'token-title' },
      `${title}: token ${step + 1} of ${steps.length}, `,
      tokenCode(candidates[chosen].text),
    ),
    part('p', { class: 'facts' }, factsOf(text, step)),
    part(
      'div',
      { class: 'row' },
      part('button', { type: 'button', 'data-to': step - 1, disabled: step === 0 }, 'Token before'),
      part(
        'button',
        { type: 'button', 'data-to': step + 1, disabled: step === steps.length - 1 },
        'Token after',
      ),
      part('button', { type: 'button', 'data-close': true }, 'Close'),
    ),
    part(
      'div',
      { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Candidates' },
      candidateTable(found, { names, canContinue: goOn !== undefined }),
    ),
    ...plotsOf(text),
  );
  panel.hidden = false;
  panel.onclick = ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    const { to, continue: candidate, close } = button?.dataset ?? {};
    if (to !== undefined) showStep(text, Number(to));
    if (candidate !== undefined) goOn?.(step, Number(candidate));
    if (close !== undefined) panel.hidden = true;
  };
  text.onStep(step);
}

/** Says in the place of a step what is waited for, or why there is none. */
export function showInPlace(words: string): void {
  const panel = byId('token');
  fill(panel, part('h2', { id: 'token-title' }, 'A token'), part('p', { class: 'facts' }, words));
  panel.hidden = false;
  panel.onclick = null;
}

function factsOf({ steps, names, evaluationsOf }: SteppedText, step: number): string {
  const { candidates, chosen, kl, control } = steps[step];
  const { reference, probability } = candidates[chosen];
  const weights = Object.entries<number | null>(control?.weights ?? {}).filter(([, weight]) => weight !== 0);
  const run = evaluationsOf?.(step);
  const unmeasured = candidates.some((each) => names.some((name) => marginOf(each, name) === undefined));
  return [
    `Its probability was ${reference.toFixed(3)} before and ${probability.toFixed(3)} after; KL ${kl.toFixed(3)} nats.`,
    weights.length === 0
      ? 'Nothing steered this step.'
      : `Steered by ${weights.map(([name, weight]) => `${name} ${weight === null ? '±∞' : weight.toFixed(2)}`).join(', ')}${
          control !== undefined && control.share < 1
            ? `, ${(100 * control.share).toFixed(0)} % of what was asked for, within the budget`
            : ''
        }.`,
    ...(run === undefined || run >= candidates.length
      ? []
      : [`To write it, ${run} of ${candidates.length} candidates were run: the others could not win.`]),
    ...(unmeasured && weights.length === 0 ? ['Only the candidate that was taken has margins then.'] : []),
    `"Out" is what is left with less than one chance in a thousand.`,
  ].join(' ');
}

function plotsOf({ steps, names }: SteppedText): Part[] {
  const figures = [
    stepPlot({ label: 'KL (nats)', kind: 'bars', values: steps.map(({ kl }) => kl) }),
    ...names.map((name) =>
      stepPlot({
        label: `${name} (log-odds)`,
        kind: 'dots',
        values: steps.map(({ candidates, chosen }) => marginOf(candidates[chosen], name)),
      }),
    ),
  ];
  return [part('div', { class: 'plots' }, ...figures.map((plot) => part('figure', {}, plot)))];
}
