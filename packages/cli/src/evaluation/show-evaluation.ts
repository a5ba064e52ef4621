import type { Evaluation } from '@halfspace/subspace';
import { outColours } from '../colours.js';
import { print } from '../output.js';
import { table } from '../table.js';
import { attributeTables, type EvaluationTable, interferenceTables } from './evaluation-tables.js';
import { layersOf, verdict } from './verdict.js';

/** Prints an evaluation for a person. */
export function showEvaluation({ model, data, attributes, interference }: Evaluation): void {
  print(
    `${data.rows} texts (${data.positive} of the desired side) in ${data.groups} groups, with ${model.name}.`,
  );
  for (const each of attributes) {
    print(`\n${outColours.bold(each.attribute)}, ${layersOf(each)}\n\n${verdict(each)}`);
    attributeTables(each).forEach(printTable);
  }
  if (interference === undefined) return;
  print(`\n${outColours.bold('interference')}`);
  interferenceTables(interference).forEach(printTable);
}

function printTable({ title, rows }: EvaluationTable): void {
  print(`\n${title}:\n`);
  for (const line of table(rows)) print(line);
}
