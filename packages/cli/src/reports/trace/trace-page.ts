import type { TracedCandidate, TracedStep } from '@halfspace/core';
import { pluralise } from '../../terminal/pluralise.js';
import { escaped, figure, page } from '../page.js';
import { marginOf } from './traced-margins.js';
import { settingsLine, statusWords, weightsLine } from './settings-line.js';
import { summaryLine, summaryOf } from './summary.js';
import type { TracedCompletion } from './trace-line.js';
import { klPlot, marginPlot } from './trace-plots.js';

/** Styles of {@link traceSection}. */
export const TRACE_STYLE = `
.text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.1rem; line-height: 1.9; }
.text a { color: inherit; text-decoration: none; border-radius: .2em; padding: .15em 0; }
.text a:hover, .text a:focus { outline: 2px solid var(--quiet); }
.prompt { color: var(--quiet); }
details { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: .3rem 0; font-variant-numeric: tabular-nums; }
summary code, td code { white-space: pre-wrap; }
summary span { color: var(--quiet); font-size: .9rem; }
.bar { width: 9rem; }
.bar svg { display: block; width: 9rem; height: .8rem; }
tr.chosen { font-weight: 650; }
`;

/**
 * A trace as an HTML page that needs nothing else: of each completion its text, coloured by the margins of an
 * attribute, plots over its steps, and of each step the candidates with their probabilities before and after.
 */
export function tracePage(trace: readonly TracedCompletion[], attribute: string | undefined): string {
  const said =
    attribute === undefined
      ? 'No attribute was read.'
      : `Blue text is on the desired side of ${attribute}, orange on the other, the stronger the surer. A token leads to its step.`;
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
    ...(attribute === undefined || !names.includes(attribute)
      ? []
      : [
          figure(escaped(attribute), 'margin of the text after each step', marginPlot(completion, attribute)),
        ]),
  ];
  return `<p class="facts">${escaped(facts)}</p>
<p class="text"><span class="prompt">${escaped(prompt)}</span>${steps.map((step) => token(step, index, attribute)).join('')}</p>
${steps.length === 0 ? '' : `<div class="plots">${plots.join('\n')}</div>`}
${steps.map((step) => details(step, index, completion)).join('\n')}`;
}

function token(
  { step, candidates, chosen }: TracedStep,
  index: string,
  attribute: string | undefined,
): string {
  const { text } = candidates[chosen];
  const margin = attribute === undefined ? undefined : marginOf(candidates[chosen], attribute);
  const shade = margin === undefined ? '' : ` title="margin ${margin.toFixed(2)}" style="${shadeOf(margin)}"`;
  return `<a href="#${placeOf(index, step)}"${shade}>${escaped(text)}</a>`;
}

/** As strong as the probability that the margin stands for is far from even. */
function shadeOf(margin: number): string {
  const strength = Math.round(60 * Math.abs(Math.tanh(margin / 2)));
  const side = margin < 0 ? 'other' : 'desired';
  return `background: color-mix(in srgb, var(--${side}) ${strength}%, transparent)`;
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
  const heading = ['token', 'reference', '', 're-weighted', '', ...names];
  // The place is within, so that a link to it opens the details.
  return `<details><summary>${step} ${code(text)}
<span>${reference.toFixed(3)} → ${probability.toFixed(3)}, KL ${kl.toFixed(3)} nats${statusWords(control)}</span></summary>
<div class="table" id="${placeOf(index, step)}">${weights ? `<p class="facts">Steered by ${escaped(weights)}</p>` : ''}<table><thead><tr>${heading.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>${candidates.map((candidate, i) => row(candidate, i === chosen, names)).join('\n')}</tbody></table></div></details>`;
}

function row(candidate: TracedCandidate, chosen: boolean, names: readonly string[]): string {
  const { text, reference, probability } = candidate;
  const margins = names.map((name) => `<td>${marginOf(candidate, name)?.toFixed(2) ?? '–'}</td>`);
  return `<tr${chosen ? ' class="chosen"' : ''}><td>${code(text)}</td>${bar(reference, 'quiet')}${bar(probability, 'desired')}${margins.join('')}</tr>`;
}

/** A probability, and a cell with its bar. */
function bar(probability: number, colour: 'quiet' | 'desired'): string {
  const width = (100 * probability).toFixed(2);
  return `<td>${probability.toFixed(3)}</td><td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="10" style="fill: var(--${colour})"/></svg></td>`;
}

/** A token with its blanks to be seen. */
function code(text: string): string {
  return `<code>${escaped(JSON.stringify(text))}</code>`;
}
