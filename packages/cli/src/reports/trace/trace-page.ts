import type { TracedStep } from '@halfspace/core';
import { candidateTable, htmlOf, part, shadeStyle, tokenCode } from '@halfspace/playground/parts';
import { pluralise } from '../../terminal/pluralise.js';
import { escaped, figure, page } from '../page.js';
import { marginOf } from './traced-margins.js';
import { settingsLine, statusWords, weightsLine } from './settings-line.js';
import { summaryLine, summaryOf } from './summary.js';
import type { TracedCompletion } from './trace-line.js';
import { klPlot, marginPlot } from './trace-plots.js';

/** Attributes that a page can be told to colour by, without a script; those after them are drawn and not chosen. */
const MOST_CHOICES = 24;

/** A token has the shades of all attributes; the one that is chosen counts. */
const CHOICES = Array.from(
  { length: MOST_CHOICES },
  (_, a) =>
    `.trace:has(.colour-${a}:checked) .shaded { --side: var(--side-${a}); --share: var(--share-${a}, 0%); --mark: var(--mark-${a}, none); }`,
).join('\n');

/** Styles of {@link traceSection}. */
export const TRACE_STYLE = `
.text a { color: inherit; }
.text a:hover { outline: 2px solid var(--quiet); }
.colours { border: 0; padding: 0; margin: 1rem 0 0; }
.colours legend { float: left; margin-right: 1rem; color: var(--quiet); }
.colours label { margin-right: 1rem; }
details { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: .3rem 0; font-variant-numeric: tabular-nums; }
summary span { color: var(--quiet); font-size: .9rem; }
${CHOICES}
`;

/**
 * A trace as an HTML page that needs nothing else: of each completion its text, coloured by the margins of an
 * attribute, plots over its steps, and of each step the candidates with their probabilities before and after.
 */
export function tracePage(trace: readonly TracedCompletion[], attribute: string | undefined): string {
  const said =
    attribute === undefined
      ? 'No attribute was read.'
      : 'Blue text is on the desired side of an attribute, orange and underlined text on the other, the stronger the surer. A token leads to its step.';
  return page({
    title: 'A trace of completions',
    heading: `How ${pluralise(trace.length, 'completion')} came about`,
    facts: said,
    style: TRACE_STYLE,
    body: trace
      .map(
        (completion, index) => `<section>
<h2>Prompt ${completion.promptIndex}, sample ${completion.sample}</h2>
${traceSection(completion, String(index), attribute)}
</section>`,
      )
      .join('\n'),
  });
}

/**
 * How one completion came about, as HTML.
 *
 * @param index - Letters and digits that no other completion on the page has.
 */
export function traceSection(
  completion: TracedCompletion,
  index: string,
  attribute: string | undefined,
): string {
  const { prompt, steps, weights } = completion;
  const names = Object.keys(weights);
  const facts = `${summaryLine(summaryOf(completion))}; ${settingsLine(completion)}`;
  const plots = [
    figure('KL', 'how far each step went from the model’s own distribution', klPlot(completion)),
    ...names.map((name) =>
      figure(escaped(name), 'margin of the text after each step', marginPlot(completion, name)),
    ),
  ];
  return `<p class="facts">${escaped(facts)}</p>
<div class="trace">${colours(names, index, attribute)}
<p class="text"><span class="prompt">${escaped(prompt)}</span>${steps.map((step) => token(step, index, names)).join('')}</p></div>
${steps.length === 0 ? '' : `<div class="plots">${plots.join('\n')}</div>`}
${steps.map((step) => details(step, index, completion)).join('\n')}`;
}

/** Which attribute colours the text. */
function colours(names: readonly string[], index: string, attribute: string | undefined): string {
  const choices = names.slice(0, MOST_CHOICES).map((name, a) =>
    part(
      'label',
      {},
      part('input', {
        type: 'radio',
        name: `colour-${index}`,
        class: `colour-${a}`,
        checked: name === attribute,
      }),
      ` ${name}`,
    ),
  );
  if (choices.length === 0) return '';
  return htmlOf(part('fieldset', { class: 'colours' }, part('legend', {}, 'Coloured by'), ...choices));
}

function token({ step, candidates, chosen }: TracedStep, index: string, names: readonly string[]): string {
  const taken = candidates[chosen];
  const read = names.flatMap((name, a) => {
    const margin = marginOf(taken, name);
    return margin === undefined ? [] : [{ name, a, margin }];
  });
  const shades = read.flatMap(({ a, margin }) =>
    Object.entries(shadeStyle(margin)).map(([property, value]) => [`${property}-${a}`, value] as const),
  );
  const attributes = {
    href: `#${placeOf(index, step)}`,
    class: 'shaded',
    title:
      read.length === 0
        ? undefined
        : read.map(({ name, margin }) => `${name} ${margin.toFixed(2)}`).join(', '),
    style: Object.fromEntries(shades),
  };
  return htmlOf(part('a', attributes, taken.text));
}

function placeOf(index: string, step: number): string {
  return `step-${index}-${step}`;
}

function details(
  { step, candidates, chosen, kl, control }: TracedStep,
  index: string,
  { weights: attributes, formula }: TracedCompletion,
): string {
  const names = Object.keys(attributes);
  const { text, reference, probability } = candidates[chosen];
  const weights = control && weightsLine(control, formula);
  const change = `${reference.toFixed(3)} → ${probability.toFixed(3)}, KL ${kl.toFixed(3)} nats${statusWords(control)}`;
  return htmlOf(
    part(
      'details',
      {},
      part('summary', {}, `${step} `, tokenCode(text), ' ', part('span', {}, change)),
      // The place is within, so that a link to it opens the details.
      part(
        'div',
        { class: 'table', id: placeOf(index, step) },
        weights ? part('p', { class: 'facts' }, `Steered by ${weights}`) : undefined,
        candidateTable({ candidates, chosen }, { names }),
      ),
    ),
  );
}
