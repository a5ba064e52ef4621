import { join } from 'node:path';
import { readTraces, type RunDirectory, type RunReport, type UnitTrace } from '@halfspace/evaluate';
import { writeFileAtomically } from '@halfspace/files';
import { outColours } from '../../terminal/colours.js';
import { inLine } from '../../terminal/harmless.js';
import { print } from '../../terminal/output.js';
import { table } from '../../terminal/table.js';
import { judgeLines, runFacts } from './run-facts.js';
import { runMarkdown } from './run-markdown.js';
import { agreementTables, suiteTables } from './run-tables.js';
import type { RunTable } from '../report-table.js';

/** Writes `report.json`, `report.md` and `report.html` into the directory of a run. */
export async function writeReport(run: RunDirectory, report: RunReport): Promise<void> {
  const traces: UnitTrace[] = [];
  for await (const trace of readTraces(run)) traces.push(trace);
  // Loaded when needed: the plots take seconds to load.
  const { runPage } = await import('./run-page.js');
  const files = {
    'report.json': `${JSON.stringify(report, null, 2)}\n`,
    'report.md': runMarkdown(report),
    'report.html': runPage(report, traces),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFileAtomically(join(run.path, name), async (file) => file.append(text));
  }
}

/** Prints the tables of a report for a person. */
export function showReport(report: RunReport): void {
  print(inLine(runFacts(report)));
  judgeLines(report).forEach((line) => print(inLine(line)));
  agreementTables(report).forEach(printTable);
  for (const suite of report.suites) {
    print(`\n${outColours.bold(inLine(suite.suite))}, ${suite.prompts} prompts`);
    suiteTables(suite, report).forEach(printTable);
  }
}

function printTable({ title, rows }: RunTable): void {
  print(`\n${inLine(title)}`);
  table(rows).forEach((line) => print(line));
}
