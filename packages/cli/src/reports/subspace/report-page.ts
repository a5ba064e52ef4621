import type { AttributeEvaluation, Evaluation, Interference } from '@halfspace/subspace';
import { attributeTables, BETWEEN_LAYERS, isWhole } from './evaluation-tables.js';
import { escaped, figure, htmlTable, page } from '../page.js';
import type { FitStudy } from './fit-study.js';
import { curveTable, curveVerdict, warningOf, sweepTable, sweepVerdict } from './fit-tables.js';
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

/**
 * An evaluation as an HTML page that needs nothing else: no script, no request. It holds no texts of the data
 * but the beginnings of the names of groups.
 */
export function reportPage({ model, data, attributes, interference }: Evaluation, study?: FitStudy): string {
  const names = attributes.map(({ attribute }) => attribute).join(', ');
  return page({
    title: `${names}: how well it is told`,
    heading: `How well ${model.name} tells ${names}`,
    facts: factsOf(data),
    body: `${attributes.map(attributeSection).join('')}
${interference === undefined ? '' : interferenceSection(interference)}
${study === undefined ? '' : studySection(study)}`,
  });
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
${attributeTables(evaluation).map(htmlTable).join('')}`;
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
  const { training, learningCurve, layerSweep, cut } = study;
  const warning = warningOf(study);
  const curve = learningCurve && {
    title: 'How much data is enough?',
    plot: curvePlot(learningCurve),
    verdict: curveVerdict(learningCurve),
    table: curveTable(learningCurve),
  };
  const sweep = layerSweep && {
    title: 'Which layer to read?',
    plot: sweepPlot(layerSweep),
    verdict: sweepVerdict(layerSweep, cut),
    table: sweepTable(layerSweep, cut),
  };
  const parts = [curve, sweep].filter((part) => part !== undefined);
  const lines = `${key('desired', 'after the last token, with its interval')} ${key('other', 'mean')} ${key('quiet', 'minimum')}`;
  return `<h2>Fits on training data</h2>
<p class="facts">${number(training.rows)} labelled texts in ${number(training.groups)} groups, judged on the texts above.</p>
${[...parts.map(({ verdict: said }) => said), ...(warning === undefined ? [] : [warning])].map((said) => `<p class="verdict">${escaped(said)}</p>`).join('\n')}
<div class="plots">
${parts.map(({ title, plot }) => figure(title, lines, plot)).join('\n')}
</div>
${parts.map(({ table }) => htmlTable(table)).join('')}`;
}

function key(side: 'desired' | 'other' | 'quiet', text: string): string {
  return `<i class="${side}"></i> ${text}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
