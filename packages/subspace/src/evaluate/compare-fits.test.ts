import { encodeResponse } from '@halfspace/core';
import { describe, expect, test } from 'vitest';
import { auroc } from '../statistics/auroc.js';
import { fitDirection } from '../fit/fit-direction.js';
import type { LabelledText } from '../data/labelled-text.js';
import { distancesOf } from '../data/measured-response.js';
import { createMoments } from '../fit/moments.js';
import { placeOf } from '../data/split.js';
import { createGaussianBackend } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';
import { compareFits, type FitVariant } from './compare-fits.js';

const training = makeRows(600, 1);
const judged = makeRows(300, 2).map((row) => ({ ...row, prompt: `other ${row.prompt}` }));
const estimator = 'shrinkage';
const curve = [1 / 16, 1 / 4, 1].map((share): FitVariant => ({ layers: [2], share }));

/** Hidden states after each token of a response, at layer 2. */
async function statesOf({ prompt, response }: LabelledText): Promise<Float32Array> {
  const backend = createGaussianBackend();
  const { tokens, start } = encodeResponse(backend, prompt, response);
  const [text] = await backend.states([tokens], { layers: [2] });
  return text.hidden(2).subarray(start * backend.model.width);
}

/** Fits on some rows, every position, all at once, and reads the others. */
async function readBy(rows: readonly LabelledText[]): Promise<Float64Array[]> {
  const { width } = createGaussianBackend().model;
  const sides = [createMoments(width), createMoments(width)];
  for (const row of rows) sides[row.label].add(await statesOf(row));
  const { direction, offset } = fitDirection(estimator, sides[1], sides[0]);
  const axis = { direction: Float32Array.from(direction), offset };
  return Promise.all(judged.map(async (row) => distancesOf(await statesOf(row), axis)));
}

describe('compareFits', () => {
  test('fits on growing shares of the groups, as if each were fitted by itself', async () => {
    const {
      fits,
      shared,
      training: report,
    } = await compareFits(createGaussianBackend(), training, judged, curve, { estimator });
    expect(report).toMatchObject({ rows: 600, groups: 200 });
    expect(shared).toBe(0);
    expect(fits.map(({ share }) => share)).toEqual([1 / 16, 1 / 4, 1]);
    const labels = judged.map(({ label }) => label);
    for (const { share, rows, groups, figures } of fits) {
      const within = training.filter(({ group }) => placeOf(group, 0) < share);
      expect({ rows, groups }).toEqual({
        rows: within.length,
        groups: new Set(within.map(({ group }) => group)).size,
      });
      const distances = await readBy(within);
      const areas = {
        last: auroc(
          distances.map((each) => each[3]),
          labels,
        ),
        mean: auroc(
          distances.map((each) => (each[0] + each[1] + each[2] + each[3]) / 4),
          labels,
        ),
        min: auroc(
          distances.map((each) => Math.min(...each)),
          labels,
        ),
      };
      for (const [pooling, area] of Object.entries(areas)) {
        const { value, low, high } = figures?.auroc[pooling as keyof typeof areas] ?? {
          value: NaN,
          low: NaN,
          high: NaN,
        };
        expect(value).toBeCloseTo(area, 10);
        expect(low).toBeLessThan(value);
        expect(high).toBeGreaterThan(value);
      }
    }
    expect(fits[2].rows).toBe(600);
    expect(fits[2].figures?.auroc.last.value).toBeGreaterThan(fits[0].figures?.auroc.last.value ?? 1);
  });

  test('sweeps over layers, alone and stacked, in one run over each row', async () => {
    const backend = createGaussianBackend();
    const layers = [[0], [1], [2], [1, 2]];
    const done: number[] = [];
    const { fits } = await compareFits(
      backend,
      training,
      judged,
      [...layers.map((each) => ({ layers: each, share: 1 })), curve[1]],
      { estimator, onProgress: (progress) => done.push(progress.done / progress.total) },
    );
    expect(backend.ran.toSorted()).toEqual(
      [...training, ...judged].map(({ prompt, response }) => prompt + response).toSorted(),
    );
    expect(done[done.length - 1]).toBe(1);
    // Only layer 2 knows the value.
    const means = fits.map(({ figures }) => figures?.auroc.mean ?? { value: NaN, low: NaN });
    expect(means[0].low).toBeLessThan(0.5);
    expect(means[1].low).toBeLessThan(0.5);
    expect(means[2].low).toBeGreaterThan(0.8);
    expect(means[3].value).toBeCloseTo(means[2].value, 1);
    const alone = await compareFits(backend, training, judged, [curve[1]], { estimator });
    expect(alone.fits).toEqual([fits[4]]);
  });

  test('counts pairs won, and centres the rows fitted on', async () => {
    const paired = (rows: readonly LabelledText[]) => {
      const [better, worse] = [1, 0].map((label) => rows.filter((row) => row.label === label));
      return Array.from({ length: Math.min(better.length, worse.length) }, (_, i) => {
        const { prompt, group } = better[i];
        return [better[i], { ...worse[i], prompt, group }];
      }).flat();
    };
    const { fits } = await compareFits(
      createGaussianBackend(),
      paired(training),
      paired(judged),
      [curve[2]],
      {
        estimator,
        pairs: true,
        centring: 'prompt',
      },
    );
    const { auroc: area, won } = fits[0].figures ?? {};
    expect(won?.mean.value).toBeGreaterThan(0.8);
    expect(won?.mean.value).not.toBe(area?.mean.value);
  });

  test('leaves out what cannot be fitted, and counts rows that were fitted on', async () => {
    const few = training.slice(0, 60);
    const { fits, shared } = await compareFits(
      createGaussianBackend(),
      few,
      [...judged, ...few.slice(0, 7)],
      curve,
    );
    expect(fits.map(({ figures }) => figures === undefined)).toEqual([true, true, false]);
    expect(shared).toBe(7);
  });

  test.each([
    ['bad-option', training, judged, [{ layers: [2], share: 0 }]],
    ['bad-option', training, judged, [{ layers: [], share: 1 }]],
    ['bad-option', training, judged, []],
    ['unknown-layer', training, judged, [{ layers: [4], share: 1 }]],
    ['too-little-data', training.slice(0, 12), judged, curve],
    ['one-sided-data', training, judged.filter(({ label }) => label === 1), curve],
    ['one-sided-data', [], judged, curve],
    ['empty-response', training, [...judged, { ...judged[0], response: '' }], curve],
  ])('refuses with %s before the model runs', async (code, fitted, rows, variants) => {
    const backend = createGaussianBackend();
    await expect(compareFits(backend, fitted, rows, variants)).rejects.toMatchObject({ code });
    expect(backend.ran).toEqual([]);
  });
});
