import { type Evaluation, type FitFigures, type MarginTrack, measureMargins } from '@halfspace/subspace';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { attributeTables, interferenceTables } from './evaluation-tables.js';
import type { FitStudy } from './fit-study.js';
import { curveTable, curveVerdict } from './fit-tables.js';
import { reportPage } from './report-page.js';
import { interferenceVerdict, verdict } from './verdict.js';

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
    const { last, mean } = figures.poolings;
    expect(marks('Reliability diagram', 'circle')).toBe(last.reliability.length + mean.reliability.length);
    expect(marks('AUROC by position', 'circle')).toBe(10);
    expect(marks('Histogram of margins by label', '[aria-label="rect"] rect')).toBe(
      2 * figures.histogram.length,
    );
    expect(marks('ROC curve', '[aria-label="line"] path')).toBe(2);
    expect(marks('Cosines', 'rect')).toBe(0);
  });
});

describe('interference', () => {
  const values = [
    [1, -0.25, 0.625],
    [-0.25, 1, null],
    [0.625, null, 1],
  ];
  const interference = {
    attributes: ['calm', 'kind', 'true'],
    cosines: [
      [1, 0.5, null],
      [0.5, 1, null],
      [null, null, 1],
    ],
    correlations: { last: values, every: values },
  };
  const dom = parseHTML(reportPage({ ...evaluation, interference })).document;

  it('is shown where there are several attributes', () => {
    const texts = (plot: string) =>
      [...dom.querySelectorAll(`svg[aria-label="${plot}"] [aria-label="text"] text`)].map(
        ({ textContent }) => textContent,
      );
    expect(texts('Cosines')).toEqual(['1.00', '0.50', '–', '0.50', '1.00', '–', '–', '–', '1.00']);
    expect(texts('Correlations').slice(0, 3)).toEqual(['1.00', '-0.25', '0.63']);
  });

  it('says where a cosine has no meaning, and nowhere else', () => {
    const captionOf = (page: Document) => page.querySelector('figcaption:has(+ svg[aria-label="Cosines"])');
    expect(captionOf(dom)?.textContent).toContain('two read different layers');
    const [table] = interferenceTables(interference);
    expect(table.title).toContain('two read different layers');
    expect(table.rows[1]).toEqual(['calm', '1.00', '0.50', '–']);
    const [whole] = interferenceTables({ ...interference, cosines: [[1]] });
    expect(whole.title).toBe('Cosines between directions');
  });

  it('comes to a verdict', () => {
    const say = (value: number, cosine: number | null) =>
      interferenceVerdict({
        attributes: ['calm', 'kind'],
        cosines: [
          [1, cosine],
          [cosine, 1],
        ],
        correlations: {
          last: [
            [1, value],
            [value, 1],
          ],
          every: [],
        },
      });
    expect(interferenceVerdict(interference)).toContain('calm and true have the most in common');
    expect(interferenceVerdict(interference)).toContain('correlate by 0.63. Steering by both');
    expect(interferenceVerdict(interference)).toContain('different layers');
    expect(say(-0.4, 0.1)).toMatch(/pulls away from the other; "halfspace decorrelate" takes/);
    expect(say(0.1, 0.1)).toMatch(/by itself\.$/);
  });
});

describe('fits on training data', () => {
  const estimate = (value: number) => ({ value, low: value - 0.1, high: value + 0.05 });
  const fit = (share: number, layer: number, value?: number): FitFigures => ({
    layers: [layer],
    share,
    rows: 400 * share,
    groups: 100 * share,
    ...(value !== undefined && {
      figures: {
        auroc: { last: estimate(value), mean: estimate(value + 0.02), min: estimate(value - 0.02) },
      },
    }),
  });
  const report = { rows: 400, positive: 200, negative: 200, groups: 100, digest: 'f00d', tokens: 4000 };
  const study: FitStudy = {
    training: {
      ...report,
      heldOut: { rows: 0, positive: 0, negative: 0, groups: 0 },
      duplicates: 0,
      contradictions: 0,
      sharedPrompts: 0,
      sharedResponses: 0,
      warnings: [],
    },
    shared: 3,
    learningCurve: [fit(0.25, 3), fit(0.5, 3, 0.7), fit(1, 3, 0.75)],
    layerSweep: [fit(1, 2, 0.65), fit(1, 3, 0.75), fit(1, 4, 0.72)],
  };
  const dom = parseHTML(reportPage(evaluation, study)).document;

  it('are plotted and told where they could be made', () => {
    const points = (plot: string) => dom.querySelectorAll(`svg[aria-label="${plot}"] circle`).length;
    expect([points('Learning curve'), points('Layers')]).toEqual([3 * 2, 3 * 3]);
    const cells = [...dom.querySelectorAll('tr')].map((row) =>
      [...row.querySelectorAll('td')].map(({ textContent }) => textContent),
    );
    expect(cells).toContainEqual(['1/4', '100', '25', ...Array.from({ length: 6 }, () => '–')]);
    expect(cells).toContainEqual([
      '1/2',
      '200',
      '50',
      '0.700',
      '0.600 to 0.750',
      '0.720',
      '0.620 to 0.770',
      '0.680',
      '0.580 to 0.730',
    ]);
  });

  it('come to a verdict, a choice and a warning', () => {
    const said = [...dom.querySelectorAll('.verdict')].map(({ textContent }) => textContent);
    expect(said[1]).toContain('after the last token by +0.050: more of them would help');
    expect(said[2]).toContain('3 by the last token (0.750), 3 by the mean (0.770)');
    expect(said[3]).toContain('among the training data, too: 3');
    expect(curveVerdict([fit(0.5, 3, 0.7), fit(1, 3, 0.699)])).toContain('by −0.001: more of the same');
    expect(curveVerdict([fit(0.5, 3), fit(1, 3, 0.7)])).toContain('too few');
  });

  it('of pairs are judged by the pairs won', () => {
    const won = (each: FitFigures): FitFigures => ({
      ...each,
      ...(each.figures && {
        figures: { ...each.figures, won: { last: estimate(0.6), mean: estimate(0.6), min: estimate(0.6) } },
      }),
    });
    const { title, rows } = curveTable((study.learningCurve ?? []).map(won));
    expect(title).toContain('share of pairs won');
    expect(rows[2][3]).toBe('0.600');
  });
});

describe('the verdict', () => {
  const { last } = figures.poolings;
  const say = (auroc: typeof last.auroc, error = 0.01) =>
    verdict({
      ...evaluation.attributes[0],
      poolings: {
        ...figures.poolings,
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
