import type { RunReport } from '@halfspace/evaluate';
import { judgeLines, runFacts } from './run-facts.js';
import { agreementTables, suiteTables, type RunTable } from './run-tables.js';

/** A report as Markdown. It holds no texts. */
export function runMarkdown(report: RunReport): string {
  const parts = [
    '# Evaluation',
    runFacts(report),
    judgeLines(report)
      .map((line) => `- ${line}`)
      .join('\n'),
    ...agreementTables(report).map(markdownTable),
    ...report.suites.flatMap((suite) => [
      `## ${suite.suite}`,
      `${suite.prompts} prompts.`,
      ...suiteTables(suite, report).map(markdownTable),
    ]),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function markdownTable({ title, rows: [heading, ...body] }: RunTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [`### ${title}`, '', line(heading), line(heading.map(() => '---')), ...body.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
