import { outColours } from '../../terminal/colours.js';
import { print } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import type { TuningReport } from './tuning-report.js';
import { frontierRows, tuningVerdict, weightsLine } from './tuning-words.js';

/** Prints the weights that were found, what they do, and the frontier. */
export function showTuning(report: TuningReport): void {
  print(outColours.bold(weightsLine(report.weights)));
  print(`\n${tuningVerdict(report)}\n`);
  for (const line of table(frontierRows(report))) print(line);
}
