import { join } from 'node:path';
import { readRun, reportRun } from '@halfspace/evaluate';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { smallRun, writeRun, type WrittenRun } from '../../../../evaluate/src/testing/written-run.js';
import { temporaryDirectory } from '../../testing/temporary-directory.js';
import { runMarkdown } from './run-markdown.js';
import { runPage } from './run-page.js';

const IMAGE = `<img src=x onerror="alert('1')">`;
const NAMES = [
  IMAGE,
  `"><script>alert(1)</script>`,
  `' onload='alert(1)`,
  `</title></style></svg>${IMAGE}`,
  '# [a](javascript:alert(1)) | **b** `c`',
  `a\n\n${IMAGE}\n\n# b`,
];

/** The run with a name in the place of every one that a stranger may choose. */
function named(name: string): WrittenRun {
  const run = JSON.parse(
    JSON.stringify(smallRun()).replaceAll(
      /"(m|plain|s|0|g0|g1|is long|other|p0|p1|x|1)"/g,
      (_, word: string) => JSON.stringify(word === 'plain' || word === 's' ? name : name + word),
    ),
  ) as WrittenRun;
  const { methods } = run.plan as { methods: Record<string, unknown>[] };
  for (const method of methods) method['kind'] = 'plain';
  const logs = Object.entries(run.logs).map(([file, log]) => [
    file.startsWith('likelihood-') ? `likelihood-${`${name}other`.replaceAll(/[^\w.-]/g, '_')}.jsonl` : file,
    log,
  ]);
  return { ...run, logs: Object.fromEntries(logs) as WrittenRun['logs'] };
}

it.each(NAMES)('a report shows %j, and makes nothing of it', async (name) => {
  const path = join(await temporaryDirectory(), 'run');
  await writeRun(path, named(name));
  const report = await reportRun(await readRun(path));
  expect(report.suites[0].methods[0]).toMatchObject({ method: name, referenceModels: expect.anything() });
  const html = runPage(report, []);
  const { document } = parseHTML(html);
  expect(document.querySelectorAll('img, script, iframe, a').length).toBe(0);
  const elements = [...document.querySelectorAll('*')];
  const attributes = elements.flatMap((each) => [...each.attributes].map((attribute) => attribute.name));
  expect(attributes.filter((each) => each.startsWith('on'))).toEqual([]);
  expect(document.querySelector('h1')?.textContent).toContain(name.split('\n')[0]);
  expect(html).not.toMatch(/<(img|script)/);
  const markdown = runMarkdown(report);
  expect(markdown).not.toMatch(/(?<!\\)(\\\\)*<(img|script|\/)/);
  expect(markdown).not.toMatch(/(?<!\\)(\\\\)*\[a\]/);
  expect(markdown.split('\n').filter((line) => line.startsWith('# '))).toEqual(['# Evaluation']);
  // Each row of a table has the cells of its heading.
  for (const table of markdown
    .trim()
    .split('\n\n')
    .filter((part) => part.startsWith('|'))) {
    const cells = table.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size).toBe(1);
  }
});
