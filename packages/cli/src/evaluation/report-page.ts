import type { AttributeEvaluation, Evaluation, Interference } from '@halfspace/subspace';
import { attributeTables, BETWEEN_LAYERS, type EvaluationTable, isWhole } from './evaluation-tables.js';
import type { FitStudy } from './fit-study.js';
import { curveTable, curveVerdict, doubtOf, sweepTable, sweepVerdict } from './fit-tables.js';
import {
  curvePlot,
  histogramPlot,
  matrixPlot,
  reliabilityPlot,
  rocPlot,
  sweepPlot,
  tenthsPlot,
} from './plots.js';
import { interferenceVerdict, layersOf, verdict } from './verdict.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fcfcfd; --card: #fff; --line: #e0e3e8; --quiet: #8a929e;
  --desired: #2563a8; --other: #d9730d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #15181c; --card: #1c2025; --line: #343a42; --quiet: #7d8794;
    --desired: #6fb1f5; --other: #f2a154; }
}
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .5rem; }
.facts, figcaption { color: var(--quiet); font-size: .9rem; }
.verdict { border-left: 3px solid var(--desired); padding-left: 1rem; max-width: 46rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem; margin: 1.5rem 0; }
figure { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; }
figure strong { color: var(--ink); display: block; }
i.desired, i.other, i.quiet { display: inline-block; width: .7em; height: .7em; border-radius: 2px; background: var(--desired); }
i.other { background: var(--other); }
i.quiet { background: var(--quiet); }
.table { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
th { color: var(--quiet); font-weight: 500; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
`;

/**
 * An evaluation as an HTML page that needs nothing else: no script, no request. It holds no texts of the data
 * but the beginnings of the names of groups.
 */
export function reportPage({ model, data, attributes, interference }: Evaluation, study?: FitStudy): string {
  const names = attributes.map(({ attribute }) => attribute).join(', ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(names)}: how well it is told</title>
<style>${STYLE}</style>
</head>
<body>
<h1>How well ${escaped(model.name)} tells ${escaped(names)}</h1>
<p class="facts">${escaped(factsOf(data))}</p>
${attributes.map(attributeSection).join('')}
${interference === undefined ? '' : interferenceSection(interference)}
${study === undefined ? '' : studySection(study)}
</body>
</html>
`;
}

function factsOf({ rows, positive, negative, groups, tokens }: Evaluation['data']): string {
  return (
    `Measured on ${number(rows)} labelled texts (${number(positive)} of the desired side, ${number(negative)} of the ` +
    `other) in ${number(groups)} groups, with ${number(tokens)} tokens. Intervals are 95 %, by a bootstrap over groups.`
  );
}

function attributeSection(evaluation: AttributeEvaluation): string {
  const { attribute } = evaluation;
  return `<h2>${escaped(attribute)}, ${layersOf(evaluation)}</h2>
<p class="verdict">${escaped(verdict(evaluation))}</p>
<div class="plots">
${figure('Margins', `${key('desired', 'desired side')} ${key('other', 'other side')}, after the last token`, histogramPlot(evaluation))}
${figure('Can the margins be believed?', `${key('desired', 'after the last token')} ${key('other', 'mean over the response')}; on the dashed line they are log-odds`, reliabilityPlot(evaluation))}
${figure('ROC curve', 'after the last token; chance is the dashed line', rocPlot(evaluation))}
${figure('How early it can be told', 'AUROC of the margin within a text for the finished text, with its interval', tenthsPlot(evaluation))}
</div>
${attributeTables(evaluation).map(tableOf).join('')}`;
}

function interferenceSection(interference: Interference): string {
  const { attributes, cosines, correlations } = interference;
  return `<h2>Interference</h2>
<p class="verdict">${escaped(interferenceVerdict(interference))}</p>
<div class="plots">
${figure('Directions', isWhole(cosines) ? 'cosines' : `cosines, ${BETWEEN_LAYERS}`, matrixPlot('Cosines', attributes, cosines))}
${figure('Margins after the last token', 'correlations', matrixPlot('Correlations', attributes, correlations.last))}
${figure('Margins over all tokens', 'correlations', matrixPlot('Correlations', attributes, correlations.every))}
</div>`;
}

function studySection(study: FitStudy): string {
  const { training, learningCurve, layerSweep } = study;
  const doubt = doubtOf(study);
  const curve = learningCurve && {
    title: 'How much data is enough?',
    plot: curvePlot(learningCurve),
    verdict: curveVerdict(learningCurve),
    table: curveTable(learningCurve),
  };
  const sweep = layerSweep && {
    title: 'Which layer to read?',
    plot: sweepPlot(layerSweep),
    verdict: sweepVerdict(layerSweep),
    table: sweepTable(layerSweep),
  };
  const parts = [curve, sweep].filter((part) => part !== undefined);
  const lines = `${key('desired', 'after the last token, with its interval')} ${key('other', 'mean')} ${key('quiet', 'minimum')}`;
  return `<h2>Fits on training data</h2>
<p class="facts">${number(training.rows)} labelled texts in ${number(training.groups)} groups, judged on the texts above.</p>
${[...parts.map(({ verdict: said }) => said), ...(doubt === undefined ? [] : [doubt])].map((said) => `<p class="verdict">${escaped(said)}</p>`).join('\n')}
<div class="plots">
${parts.map(({ title, plot }) => figure(title, lines, plot)).join('\n')}
</div>
${parts.map(({ table }) => tableOf(table)).join('')}`;
}

function figure(title: string, caption: string, plot: string): string {
  return `<figure><figcaption><strong>${title}</strong>${caption}</figcaption>${plot}</figure>`;
}

function key(side: 'desired' | 'other' | 'quiet', text: string): string {
  return `<i class="${side}"></i> ${text}`;
}

function tableOf({ title, rows: [heading, ...body] }: EvaluationTable): string {
  const row = (cells: readonly string[], tag: 'td' | 'th') =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="table"><table><caption>${escaped(title)}</caption>
<thead>${row(heading, 'th')}</thead>
<tbody>${body.map((cells) => row(cells, 'td')).join('\n')}</tbody></table></div>
`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}
