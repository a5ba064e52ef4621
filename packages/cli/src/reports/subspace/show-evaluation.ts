import type { Evaluation } from '@halfspace/subspace';
import { outColours } from '../../terminal/colours.js';
import { inLine } from '../../terminal/harmless.js';
import { print } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { attributeTables, type EvaluationTable, interferenceTables } from './evaluation-tables.js';
import type { FitStudy } from './fit-study.js';
import { curveTable, curveVerdict, warningOf, sweepTable, sweepVerdict } from './fit-tables.js';
import { interferenceVerdict, layersOf, verdict } from './verdict.js';

/** Prints an evaluation for a person, and what fits on training data tell. */
export function showEvaluation(
  { model, data, attributes, interference }: Evaluation,
  study?: FitStudy,
): void {
  print(
    `${data.rows} texts (${data.positive} of the desired side) in ${data.groups} groups, with ${inLine(model.name)}.`,
  );
  for (const each of attributes) {
    print(`\n${outColours.bold(each.attribute)}, ${layersOf(each)}\n\n${verdict(each)}`);
    attributeTables(each).forEach(printTable);
  }
  if (interference !== undefined) {
    print(`\n${outColours.bold('interference')}\n\n${interferenceVerdict(interference)}`);
    interferenceTables(interference).forEach(printTable);
  }
  if (study !== undefined) showStudy(study);
}

function showStudy(study: FitStudy): void {
  const { training, learningCurve, layerSweep, cut } = study;
  const warning = warningOf(study);
  print(`\n${outColours.bold('fits')}\n\nOn ${training.rows} training texts in ${training.groups} groups.`);
  if (warning !== undefined) print(warning);
  if (learningCurve !== undefined) {
    print(curveVerdict(learningCurve));
    printTable(curveTable(learningCurve));
  }
  if (layerSweep !== undefined) {
    print(`${learningCurve === undefined ? '' : '\n'}${sweepVerdict(layerSweep, cut)}`);
    printTable(sweepTable(layerSweep, cut));
  }
}

function printTable({ title, rows }: EvaluationTable): void {
  print(`\n${inLine(title)}:\n`);
  for (const line of table(rows)) print(line);
}
