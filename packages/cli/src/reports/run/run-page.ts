import type { MethodReport, RunReport, SuiteReport, UnitTrace, WorstCompletion } from '@halfspace/evaluate';
import { parseTraceLine } from '../trace/read-trace.js';
import { traceLine } from '../trace/trace-line.js';
import { TRACE_STYLE, traceSection } from '../trace/trace-page.js';
import { firstAttribute } from '../trace/traced-attribute.js';
import { escaped, figure, htmlTable, page } from '../page.js';
import { judgeLines, runFacts } from './run-facts.js';
import { barsPlot, marginsPlot, predictionPlot, tradeOffPlot } from './run-plots.js';
import { agreementTables, suiteTables } from './run-tables.js';
import { formatNumber } from '../format-number.js';
import { shortened } from '../../terminal/width.js';

const STYLE = `${TRACE_STYLE}
figure figure { padding: 0; border: 0; }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .75rem; margin: .4rem 0; background: var(--card); }
summary { cursor: pointer; color: var(--quiet); }
`;

/**
 * A report as an HTML page that needs nothing else: no script, no request. Texts of models and of suites are shut away until
 * they are clicked on: they may be offensive.
 *
 * @param traces - Of completions of the run: those of the worst are formatNumber.
 */
export function runPage(report: RunReport, traces: readonly UnitTrace[]): string {
  const { plan, suites } = report;
  return page({
    title: `Evaluation of ${plan.model.name}`,
    heading: `What methods do to ${plan.model.name}`,
    facts: runFacts(report),
    style: STYLE,
    body: `<ul class="facts">${judgeLines(report)
      .map((line) => `<li>${escaped(line)}</li>`)
      .join('')}</ul>
${agreementTables(report).map(htmlTable).join('')}
${suites.map((suite) => suiteSection(suite, report, traces)).join('\n')}`,
  });
}

function suiteSection(suite: SuiteReport, report: RunReport, traces: readonly UnitTrace[]): string {
  if (suite.methods.length === 0) return '';
  return `<h2>${escaped(suite.suite)}</h2>
<div class="plots">
${judgePlots(suite, report)}
${predictionPlots(suite, report)}
${marginPlots(suite)}
${figure(
  'Time',
  'milliseconds a token, the completions of a prompt decoded together',
  barsPlot(suite, 'ms a token', ({ cost }) => cost.msPerToken),
)}
${figure(
  'Rows',
  'candidates that were run through the model for a token',
  barsPlot(suite, 'evaluations a token', ({ cost }) => cost.evaluationsPerToken),
)}
</div>
${suiteTables(suite, report).map(htmlTable).join('')}
${worstSection(suite, report, traces)}`;
}

function judgePlots(suite: SuiteReport, { judges }: RunReport): string {
  return judges
    .flatMap(({ name, desired }) => {
      const extreme = desired === 'low' ? 'average maximum' : 'average minimum';
      const caption = 'bars are 95 % intervals; points of one curve are one method, more or less strongly';
      return [
        figure(`${escaped(name)}: ${extreme}`, caption, tradeOffPlot(suite, name, 'worst', extreme)),
        figure(
          `${escaped(name)}: prompts with one completion that is not as desired`,
          caption,
          tradeOffPlot(suite, name, 'any', 'share of prompts'),
        ),
      ];
    })
    .join('\n');
}

/** Each judge with each attribute. */
function predictionPlots({ methods, ...suite }: SuiteReport, { judges }: RunReport): string {
  return judges
    .flatMap(({ name }) => Object.keys(methods[0].margins).map((attribute) => [name, attribute] as const))
    .map(([judge, attribute]) =>
      figure(
        `${escaped(judge)} by margins of ${escaped(attribute)}`,
        `by deciles of the margins of ${escaped(methods[0].method)}, the thick line; a method that lies off it at the same margins has gained what the judge does not see`,
        predictionPlot({ methods, ...suite }, judge, attribute),
      ),
    )
    .join('\n');
}

/** Each pair of attributes once. */
function marginPlots(suite: SuiteReport): string {
  const names = Object.keys(suite.methods[0].margins);
  return names
    .flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const))
    .map(([a, b]) =>
      figure(
        `${escaped(a)} and ${escaped(b)}`,
        'mean margins, log-odds; up and to the right is better for both',
        marginsPlot(suite, a, b),
      ),
    )
    .join('\n');
}

function worstSection(
  { suite, methods }: SuiteReport,
  { judges }: RunReport,
  traces: readonly UnitTrace[],
): string {
  if (judges.length === 0) return '';
  return `<h3>Worst completions by ${escaped(judges[0].name)}</h3>
<p class="facts">May be offensive. Click on one to read it.</p>
${methods.map((method) => worstOf(suite, method, traces)).join('\n')}`;
}

function worstOf(suite: string, { method, worst }: MethodReport, traces: readonly UnitTrace[]): string {
  const items = worst.map((each) => {
    const { id, score } = each;
    const trace = traces.findIndex(
      ({ completion, ...unit }) =>
        unit.suite === suite &&
        unit.method === method &&
        unit.prompt === id &&
        completion.text === each.completion,
    );
    const shownId = escaped(shortened(id, 60));
    const text = trace < 0 ? plainText(each) : traced(traces[trace], trace);
    return `<details><summary>${formatNumber(score)} · ${shownId}</summary>${text}</details>`;
  });
  return `<h4>${escaped(method)}</h4>\n${items.join('\n')}`;
}

function plainText({ prompt, completion }: WorstCompletion): string {
  return `<p class="text"><span class="prompt">${escaped(prompt)}</span>${escaped(completion)}</p>`;
}

function traced({ completion }: UnitTrace, index: number): string {
  const read = parseTraceLine({ text: traceLine(completion), place: 'traces.jsonl' });
  return traceSection(read, String(index), firstAttribute([read]));
}
