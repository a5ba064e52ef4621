import type { RunReport } from '@halfspace/evaluate';
import { markdownText } from '../markdown-text.js';
import { judgeLines, runFacts } from './run-facts.js';
import { agreementTables, suiteTables } from './run-tables.js';
import type { RunTable } from '../report-table.js';

/** A report as Markdown. It holds no texts, and shows names as they are. */
export function runMarkdown(report: RunReport): string {
  const parts = [
    '# Evaluation',
    markdownText(runFacts(report)),
    judgeLines(report)
      .map((line) => `- ${markdownText(line)}`)
      .join('\n'),
    ...agreementTables(report).map(markdownTable),
    ...report.suites.flatMap((suite) => [
      `## ${markdownText(suite.suite)}`,
      `${suite.prompts} prompts.`,
      ...suiteTables(suite, report).map(markdownTable),
    ]),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function markdownTable({ title, rows: [heading, ...body] }: RunTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`;
  return [
    `### ${markdownText(title)}`,
    '',
    line(heading),
    line(heading.map(() => '---')),
    ...body.map(line),
  ].join('\n');
}
