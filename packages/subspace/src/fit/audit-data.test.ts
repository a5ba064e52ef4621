import { expect, test } from 'vitest';
import { checkFitOptions, type FitOptions } from './fit-options.js';
import type { LabelledText } from '../data/labelled-text.js';
import { auditData } from './audit-data.js';
import { createGaussianBackend } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';

async function reportOn(rows: LabelledText[], options: Partial<FitOptions> = {}) {
  const backend = createGaussianBackend();
  const settings = checkFitOptions({ attribute: 'a', layer: 2, ...options }, backend.model);
  const { report } = await auditData(backend, rows, settings, undefined);
  expect(backend.ran).toEqual([]);
  return report;
}

const row = (prompt: string, response: string, label: number, group: string): LabelledText => ({
  prompt,
  response,
  label,
  group,
});

test('counts rows, sides, groups and tokens of the whole and of the split held out', async () => {
  const rows = [...makeRows(900), row('p', 'soft', 0.25, 'soft')];
  const report = await reportOn(rows);
  const positive = rows.reduce((sum, { label }) => sum + label, 0);
  expect(report).toMatchObject({ rows: 901, positive, negative: 901 - positive, groups: 301, tokens: 3604 });
  expect(report.heldOut.positive + report.heldOut.negative).toBe(report.heldOut.rows);
  expect(Math.abs(report.heldOut.rows - 180)).toBeLessThan(60);
  expect(report.warnings).toEqual([]);
});

test('finds what repeats, contradicts itself and is shared between groups', async () => {
  const rows = [
    row('p', 'a', 1, 'g'),
    row('p', 'a', 1, 'g'),
    row('p', 'a', 0, 'g'),
    row('p', 'b', 0, 'h'),
    row('q', 'b', 0, 'i'),
    row('', 'c', 1, 'j'),
    row('', 'd', 1, 'k'),
  ];
  const report = await reportOn(rows);
  expect(report).toMatchObject({ duplicates: 2, contradictions: 1, sharedPrompts: 1, sharedResponses: 1 });
  expect(report.warnings.join('\n')).toMatch(
    /^Only 3 rows are on the undesired[^]*repeat[^]*: 2\.[^]*other side[^]*: 1\.[^]*Prompts[^]*: 1\.[^]*14 %/,
  );
});

test('says when sides are uneven, and which rows cannot be centred', async () => {
  const rows = makeRows(3000).map((each, i) => ({ ...each, label: i % 12 === 0 ? 1 : 0 }));
  expect((await reportOn(rows)).warnings).toEqual([expect.stringMatching(/^Only 8.3 % .* desired/)]);
  const paired = ['a', 'a', 'b', 'c', 'c', 'c', 'a'].map((prompt, i) =>
    row(prompt, String(i), i % 2, prompt),
  );
  expect(await reportOn(paired, { centring: 'prompt' })).toMatchObject({ alone: 2 });
  expect(await reportOn(paired)).not.toHaveProperty('alone');
});
