import { pluralise } from '../../terminal/pluralise.js';
import { escaped, figure, htmlTable, page } from '../page.js';
import { frontierPlot, KL, marginAxis, PERPLEXITY } from './frontier-plots.js';
import type { TuningReport } from './tuning-report.js';
import { frontierRows, tuningVerdict, weightsLine } from './tuning-words.js';

/** Tuned weights as an HTML page that needs nothing else: what they bring and what they cost. No prompts are in it. */
export function tuningPage(report: TuningReport): string {
  const { weights, prompts, frontier } = report;
  const names = Object.keys(weights);
  const dots = '<i class="other"></i> the weights found <i class="desired"></i> smaller and larger ones';
  const plots = names.flatMap((name) => [
    figure(`${escaped(name)} and KL`, dots, frontierPlot(frontier, KL, marginAxis(name))),
    figure(`${escaped(name)} and perplexity`, dots, frontierPlot(frontier, PERPLEXITY, marginAxis(name))),
  ]);
  return page({
    title: `Weights: ${weightsLine(weights)}`,
    heading: weightsLine(weights),
    facts: `Tuned on ${pluralise(prompts.tunedOn, 'prompt')}, measured on ${prompts.measuredOn} others. Intervals are 95 %, by a bootstrap over prompts.`,
    body: `<p class="verdict">${escaped(tuningVerdict(report))}</p>
<div class="plots">
${plots.join('\n')}
</div>
${htmlTable({ title: 'What they bring and cost', rows: frontierRows(report) })}`,
  });
}
