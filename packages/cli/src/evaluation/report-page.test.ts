import { type Evaluation, type MarginTrack, measureMargins } from '@halfspace/subspace';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { attributeTables } from './evaluation-tables.js';
import { reportPage } from './report-page.js';
import { verdict } from './verdict.js';

const LONG = `group ${'of many words '.repeat(5)}`;
const tracks = Array.from({ length: 120 }, (_, i): MarginTrack => {
  const label = i % 2 === 1 ? 1 : 0;
  return {
    margins: Float64Array.from({ length: 4 }, (__, j) => (label - 0.5) * j + Math.sin(7 * i + j)),
    label,
    group: i < 60 ? LONG : '<i>short</i>',
  };
});
const figures = measureMargins(tracks);
const evaluation: Evaluation = {
  model: { name: 'small & quick', fingerprint: 'f00d' },
  data: { rows: 120, positive: 60, negative: 60, groups: 2, tokens: 480 },
  attributes: [{ attribute: 'calm', layers: [3], ...figures }],
};
const page = reportPage(evaluation);
const { document } = parseHTML(page);

describe('the report', () => {
  it('needs nothing but itself', () => {
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)|\bsrc=|\bhref=|url\(|@import|<script/);
  });

  it('says what it measured, and its verdict', () => {
    expect(document.querySelector('h1')?.textContent).toBe('How well small & quick tells calm');
    expect(document.querySelector('.facts')?.textContent).toContain('120 labelled texts');
    expect(document.querySelector('.verdict')?.textContent).toBe(verdict(evaluation.attributes[0]));
  });

  it('has every cell of the tables, and no more of a group than the beginning of its name', () => {
    const cells = [...document.querySelectorAll('td, th')].map(({ textContent }) => textContent);
    expect(cells).toEqual(attributeTables(evaluation.attributes[0]).flatMap(({ rows }) => rows.flat()));
    expect(cells).toContain('<i>short</i>');
    expect(page).not.toContain(LONG);
  });

  it('plots what there is', () => {
    const marks = (plot: string, mark: string) =>
      document.querySelectorAll(`svg[aria-label="${plot}"] ${mark}`).length;
    const { last, mean } = figures.readings;
    expect(marks('Reliability diagram', 'circle')).toBe(last.reliability.length + mean.reliability.length);
    expect(marks('AUROC by position', 'circle')).toBe(10);
    expect(marks('Histogram of margins by label', '[aria-label="rect"] rect')).toBe(
      2 * figures.histogram.length,
    );
    expect(marks('ROC curve', '[aria-label="line"] path')).toBe(2);
    expect(marks('Cosines', 'rect')).toBe(0);
  });

  it('shows interference where there are several attributes', () => {
    const values = [
      [1, -0.25],
      [-0.25, 1],
    ];
    const both = reportPage({
      ...evaluation,
      interference: {
        attributes: ['calm', 'kind'],
        cosines: [
          [1, null],
          [null, 1],
        ],
        correlations: { last: values, every: values },
      },
    });
    const texts = (plot: string) =>
      [
        ...parseHTML(both).document.querySelectorAll(`svg[aria-label="${plot}"] [aria-label="text"] text`),
      ].map(({ textContent }) => textContent);
    expect(texts('Cosines')).toEqual(['1.00', '–', '–', '1.00']);
    expect(texts('Correlations').slice(0, 4)).toEqual(['1.00', '-0.25', '-0.25', '1.00']);
  });
});

describe('the verdict', () => {
  const { last } = figures.readings;
  const say = (auroc: typeof last.auroc, error = 0.01) =>
    verdict({
      ...evaluation.attributes[0],
      readings: {
        ...figures.readings,
        last: { ...last, auroc, calibrationError: { ...last.calibrationError, value: error } },
      },
    });

  it.each([
    ['very well', 0.95, 0.93, 0.01, 'can be believed'],
    ['apart well', 0.85, 0.8, 0.05, 'can be believed'],
    ['fairly well', 0.75, 0.7, 0.08, 'only roughly'],
    ['weakly', 0.6, 0.55, 0.2, 'cannot be believed'],
    ['no better than chance', 0.6, 0.49, 0.2, 'cannot be believed'],
  ])('is "%s" of an AUROC of %d', (words, value, low, error, belief) => {
    const said = say({ value, low, high: 0.99 }, error);
    expect(said).toContain(words);
    expect(said).toContain(belief);
  });

  it('says what points the wrong way', () => {
    expect(say({ value: 0.3, low: 0.2, high: 0.4 })).toContain('points the wrong way');
  });
});
