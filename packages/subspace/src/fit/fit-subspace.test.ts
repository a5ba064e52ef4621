import { createHash } from 'node:crypto';
import { type Backend, isHalfspaceError } from '@halfspace/core';
import { describe, expect, test } from 'vitest';
import type { FitOptions } from './fit-options.js';
import { fitSubspace } from './fit-subspace.js';
import type { LabelledText, Positions } from '../data/labelled-text.js';
import { isHeldOut } from '../data/split.js';
import { parseSubspace, subspaceOf } from '../artifact/subspace-artifact.js';
import {
  createGaussianBackend,
  DEVIATIONS,
  type GaussianBackendOptions,
  OPTIMAL,
  SEPARATION,
} from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';

const OPTIONS: FitOptions = { attribute: 'loudness', layer: 2 };

/** All letters but the last in the other case. */
function otherCase(text: string): string {
  const upper = text === text.toUpperCase();
  return (upper ? text.slice(0, -1).toLowerCase() : text.slice(0, -1).toUpperCase()) + text.slice(-1);
}

/** Φ(x), by Simpson's rule. */
function normalProbability(x: number): number {
  const steps = 200;
  const height = (i: number) =>
    Math.exp(-(((x * i) / steps) ** 2) / 2) * (i === 0 || i === steps ? 1 : i % 2 ? 4 : 2);
  const sum = Array.from({ length: steps + 1 }, (_, i) => height(i)).reduce(
    (total, value) => total + value,
    0,
  );
  return 0.5 + (sum * x) / steps / 3 / Math.sqrt(2 * Math.PI);
}

function cosine(a: ArrayLike<number>, b: readonly number[]): number {
  const dot = b.reduce((sum, value, i) => sum + value * a[i], 0);
  return dot / Math.hypot(...b) / Math.hypot(...Array.from(a));
}

describe('fitSubspace', () => {
  test('finds a planted direction, and its figures are those of the formula', async () => {
    const backend = createGaussianBackend();
    const rows = makeRows(3000);
    for (const [estimator, positions] of [
      ['cross-validated', 'every'],
      ['shrinkage', 'every'],
      ['paper', 'last'],
    ] as const) {
      const artifact = await fitSubspace(backend, rows, { ...OPTIONS, estimator, positions, heldOut: 0.4 });
      const { direction, calibration, offset } = subspaceOf(artifact);
      expect(cosine(direction, OPTIMAL)).toBeGreaterThan(0.97);
      // A distance has the deviation d' / |w| within a class and the gap d'² / |w| between them, for the
      // optimal w; so the AUROC of one position is Φ(d'/√2) and that of a mean of four Φ(2d'/√2).
      const one = normalProbability(SEPARATION / Math.SQRT2);
      const four = normalProbability((2 * SEPARATION) / Math.SQRT2);
      const { last, mean, min, every } = artifact.figures;
      expect(Math.abs(last.auroc - one)).toBeLessThan(0.03);
      expect(Math.abs(every.auroc - one)).toBeLessThan(0.02);
      expect(Math.abs(mean.auroc - four)).toBeLessThan(0.02);
      expect(min.auroc).toBeGreaterThan(one);
      for (const { auroc, low, high } of [last, mean, min, every]) {
        expect(low).toBeLessThan(auroc);
        expect(high).toBeGreaterThan(auroc);
        expect(high - low).toBeLessThan(0.08);
      }
      // The log-odds of two Gaussians rise by |w| a unit, and are 0 half-way.
      expect(Math.abs(calibration.slope / Math.hypot(...OPTIMAL) - 1)).toBeLessThan(0.15);
      expect(Math.abs(calibration.intercept)).toBeLessThan(0.2);
      expect(offset).toBeCloseTo(10 * direction.reduce((sum, value) => sum + value, 0), 0);
    }
  });

  test('says what it was fitted on', async () => {
    const rows = makeRows(300);
    const artifact = await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, seed: 3 });
    const positive = rows.filter(({ label }) => label === 1).length;
    const lines = rows.map(
      ({ group, label, prompt, response }) =>
        `{"group":"${group}","label":${label},"prompt":"${prompt}","response":"${response}"}\n`,
    );
    expect(artifact).toMatchObject({
      format: 'halfspace-subspace',
      version: 2,
      attribute: 'loudness',
      model: { name: 'gaussian', fingerprint: 'f00d', width: DEVIATIONS.length },
      layers: [2],
      estimator: 'cross-validated',
      positions: 'every',
      data: {
        digest: createHash('sha256').update(lines.join('')).digest('hex'),
        rows: 300,
        positive,
        negative: 300 - positive,
        groups: 100,
        tokens: 1200,
        heldOut: { share: 0.2, seed: 3 },
      },
    });
    const { heldOut } = artifact.data;
    expect(heldOut.groups * 3).toBe(heldOut.rows);
    expect(heldOut.positive + heldOut.negative).toBe(heldOut.rows);
    expect(heldOut.rows).toBeGreaterThan(30);
    expect(heldOut.rows).toBeLessThan(90);
    expect(artifact.shrinkage).toBeGreaterThan(0);
    expect(artifact).not.toHaveProperty('forced');
    expect(parseSubspace(JSON.parse(JSON.stringify(artifact)), 'it')).toEqual(artifact);
  });

  test('takes the layer at which candidates can stop where it is as good within a standard error', async () => {
    const toy = createGaussianBackend();
    const backend: Backend = {
      ...toy,
      // Layer 3 has what layer 2 of the toy has, and layer 2 is a little short of it: its fourth axis is noise.
      async states(texts, options) {
        const found = await toy.states(texts, { ...options, layers: [1, 2] });
        return found.map((each) => ({
          hidden: (layer) =>
            each
              .hidden(2)
              .map((value, i) => (layer === 2 && i % DEVIATIONS.length === 3 ? each.hidden(1)[i] : value)),
        }));
      },
    };
    const fitBy = async (layerBy: 'auroc' | 'cost', cut: number) =>
      fitSubspace({ ...backend, model: { ...toy.model, cut } }, makeRows(300), {
        ...OPTIONS,
        layer: [2, 3],
        layerBy,
      });
    expect((await fitBy('auroc', 2)).layers).toEqual([3]);
    expect((await fitBy('cost', 2)).layers).toEqual([2]);
    // Where they cost the same, it is the better one.
    expect((await fitBy('cost', 1)).layers).toEqual([3]);
  });

  test('reads several layers end to end, and finds the one that knows', async () => {
    const rows = makeRows(1500);
    const options = { ...OPTIONS, layer: [1, 2, 3], stack: true };
    const artifact = await fitSubspace(createGaussianBackend(), rows, options);
    expect(artifact.layers).toEqual([1, 2, 3]);
    expect(artifact).not.toHaveProperty('layerScores');
    const { direction } = subspaceOf(artifact);
    const width = DEVIATIONS.length;
    expect(direction).toHaveLength(3 * width);
    const known = direction.slice(width, 2 * width);
    expect(cosine(known, OPTIMAL)).toBeGreaterThan(0.99);
    // The other layers are noise: the more rows, the less of them is left.
    expect(Math.hypot(...known)).toBeGreaterThan(0.98);
    const single = await fitSubspace(createGaussianBackend(), rows, OPTIONS);
    expect(artifact.figures.every.auroc).toBeCloseTo(single.figures.every.auroc, 2);
    const alone = await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, stack: true });
    expect(alone).toEqual(single);
  });

  test('runs every row once: first the rows fitted on, then those held out, no group in both', async () => {
    const backend = createGaussianBackend();
    const rows = makeRows(300);
    const progress: [number, number][] = [];
    const { data } = await fitSubspace(backend, rows, {
      ...OPTIONS,
      onProgress: ({ done, total }) => progress.push([done, total]),
    });
    const texts = rows.map(({ prompt, response }) => prompt + response);
    expect([...backend.ran].sort()).toEqual([...texts].sort());
    const groupOf = new Map(rows.map(({ prompt, response, group }) => [prompt + response, group]));
    const groups = backend.ran.map((text) => groupOf.get(text));
    const fitted = new Set(groups.slice(0, 300 - data.heldOut.rows));
    const heldOut = new Set(groups.slice(300 - data.heldOut.rows));
    expect(heldOut.size).toBe(data.heldOut.groups);
    expect([...heldOut].filter((group) => fitted.has(group))).toEqual([]);
    // Five tokens of the prompt and four of the response.
    expect(progress).toEqual(texts.map((_, i) => [9 * (i + 1), 2700]));
  });

  test('the direction comes from the rows fitted on, and the figures from those held out', async () => {
    // Among the rows held out, and only there, the value shows the other way round.
    const rows = makeRows(300);
    const turned = rows.map((row) =>
      isHeldOut(row.group, 0.2, 0) ? { ...row, label: row.label === 1 ? 0 : 1 } : row,
    );
    const fit = fitSubspace(createGaussianBackend(), turned as LabelledText[], { ...OPTIONS, force: true });
    const one = normalProbability(-SEPARATION / Math.SQRT2);
    await expect(fit).rejects.toThrow(/AUROC 0\.(\d+).*wrong way/);
    const message = await fit.then(String, (error: Error) => error.message);
    expect(Math.abs(Number(/AUROC ([\d.]+),/.exec(message)?.[1]) - one)).toBeLessThan(0.06);
  });

  test('last means the last token, and every means all of them', async () => {
    // The last letter says one thing and the three before it another.
    const rows = makeRows(300).map((row) => ({ ...row, response: otherCase(row.response) }));
    const fit = async (positions: Positions) =>
      subspaceOf(await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, positions })).direction;
    expect(cosine(await fit('last'), OPTIMAL)).toBeGreaterThan(0.8);
    expect(cosine(await fit('every'), OPTIMAL)).toBeLessThan(-0.8);
  });

  test('both gives half of the weight to the last token alone', async () => {
    // Three letters say what the label says, and the last, with 1/2 + 1/2 · 1/4 of the weight, the opposite.
    const rows = makeRows(300).map((row) => ({
      ...row,
      response: otherCase(row.response),
      label: row.label === 1 ? (0 as const) : (1 as const),
    }));
    const fit = (positions: Positions) =>
      fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, positions });
    expect(cosine(subspaceOf(await fit('every')).direction, OPTIMAL)).toBeGreaterThan(0.8);
    const auroc = await fit('both').then(
      String,
      (error: Error) => /AUROC ([\d.]+),/.exec(error.message)?.[1],
    );
    expect(Number(auroc)).toBeLessThan(0.5);
  });

  test('the same rows, options and model give the same bytes', async () => {
    const rows = makeRows(120);
    const fit = async (options: Partial<FitOptions> = {}) =>
      JSON.stringify(await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, ...options }));
    expect(await fit()).toBe(await fit());
    expect(await fit({ seed: 1 })).not.toBe(await fit());
  });
});

describe('a subspace that is not better than chance', () => {
  const rows = makeRows(240);

  test('is refused', async () => {
    const backend = createGaussianBackend({ gap: 0 });
    await expect(fitSubspace(backend, rows, OPTIONS)).rejects.toThrow(
      expect.objectContaining({ code: 'not-above-chance', message: expect.stringMatching(/AUROC 0\.\d+/) }),
    );
    // The value shows at layer 2 only.
    await expect(fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, layer: 1 })).rejects.toThrow(
      expect.objectContaining({ code: 'not-above-chance' }),
    );
  });

  test('may be forced, and then says so', async () => {
    // A direction fitted on noise points the right way half the time; only then is there anything to force.
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, seed) => {
        try {
          const backend = createGaussianBackend({ gap: 0 });
          const { forced } = await fitSubspace(backend, rows, { ...OPTIONS, seed, force: true });
          await expect(fitSubspace(backend, rows, { ...OPTIONS, seed })).rejects.toThrow(/or force it/);
          return forced;
        } catch (error) {
          if (!isHalfspaceError(error, 'not-above-chance')) throw error;
          expect(error.message).toMatch(/wrong way/);
          return 'wrong way';
        }
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set([true, 'wrong way']));
  });

  test('force leaves a good one unmarked', async () => {
    expect(await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, force: true })).not.toHaveProperty(
      'forced',
    );
  });
});

describe('refuses before the model runs', () => {
  const rows = makeRows(300);
  const only = (label: 0 | 1, count: number) => rows.filter((row) => row.label === label).slice(0, count);
  const changed = (change: object): LabelledText[] => [...rows.slice(0, 41), { ...rows[41], ...change }];

  test.each<[string, LabelledText[], Partial<FitOptions>, string, RegExp]>([
    ['no rows', [], {}, 'no-data', /no rows/],
    ['no row of label 0', only(1, 100), {}, 'one-sided-data', /No row has the label 0/],
    ['no row of label 1', only(0, 100), {}, 'one-sided-data', /No row has the label 1/],
    [
      'nine rows of label 1',
      [...only(0, 100), ...only(1, 9)],
      {},
      'too-little-data',
      /Only 9 rows .* label 1/,
    ],
    ['nothing held out', rows, { heldOut: 1e-9 }, 'one-sided-data', /among those held out/],
    ['nothing to fit on', rows, { heldOut: 1 - 1e-9 }, 'one-sided-data', /among those fitted on/],
    [
      'all rows of one group',
      rows.map((row) => ({ ...row, group: 'a' })),
      {},
      'one-sided-data',
      /among those/,
    ],
    ['hardly anything held out', rows, { heldOut: 0.012 }, 'too-little-data', /groups held out/],
    ['an empty response', changed({ response: '' }), {}, 'empty-response', /^Row 42: /],
    [
      'a row longer than the context',
      changed({ prompt: 'a'.repeat(61) }),
      {},
      'context-overflow',
      /^Row 42: .* 65 /,
    ],
    ['a label of 1.5', changed({ label: 1.5 }), {}, 'bad-row', /^Row 42 .*label/],
    ['a label of NaN', changed({ label: NaN }), {}, 'bad-row', /^Row 42 .*label/],
    ['rows that are no pairs', rows, { pairs: true }, 'bad-row', /a pair is/],
    ['half a pair', [{ ...rows[0], label: 1 }], { pairs: true }, 'bad-row', /^Row 1 .* a pair is/],
    ['no layer', rows, { layer: [] }, 'bad-option', /layer/],
    ['one unknown layer of two', rows, { layer: [2, 4] }, 'unknown-layer', /layer 4/],
    ['unknown centring', rows, { centring: 'group' as 'prompt' }, 'bad-option', /centring/],
    ['a missing prompt', changed({ prompt: undefined }), {}, 'bad-row', /^Row 42 .*prompt/],
    ['a numeric group', changed({ group: 7 }), {}, 'bad-row', /^Row 42 .*group/],
    ['an unknown layer', rows, { layer: 4 }, 'unknown-layer', /layer 4: gaussian has the layers 0 .* to 3/],
    ['half a layer', rows, { layer: 1.5 }, 'unknown-layer', /layer 1.5/],
    ['a negative layer', rows, { layer: -1 }, 'unknown-layer', /layer -1/],
    ['a bad name', rows, { attribute: 'Loud!' }, 'bad-attribute', /Loud!/],
    ['an unknown estimator', rows, { estimator: 'x' as 'paper' }, 'bad-option', /estimator .* x/],
    ['unknown positions', rows, { positions: 'first' as 'last' }, 'bad-option', /positions/],
    ['a share of 0', rows, { heldOut: 0 }, 'bad-option', /heldOut/],
    ['a share of NaN', rows, { heldOut: NaN }, 'bad-option', /heldOut/],
    ['a broken seed', rows, { seed: 0.5 }, 'bad-option', /seed/],
  ])('%s', async (_, data, options, code, message) => {
    const backend = createGaussianBackend();
    const fit = fitSubspace(backend, data, { ...OPTIONS, ...options });
    await expect(fit).rejects.toThrow(expect.objectContaining({ code }));
    await expect(fit).rejects.toThrow(message);
    expect(backend.ran).toEqual([]);
  });
});

describe('on the way', () => {
  const rows = makeRows(120);

  test.each([1, 60, 115])('an abort after %i rows ends the run', async (after) => {
    const backend = createGaussianBackend();
    const controller = new AbortController();
    const fit = fitSubspace(backend, rows, {
      ...OPTIONS,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 9 * after) controller.abort();
      },
    });
    await expect(fit).rejects.toThrow(expect.objectContaining({ code: 'aborted' }));
    // The rows fitted on and those held out are run in one call each.
    expect(backend.ran.length).toBe(after < 90 ? 93 : 120);
  });

  test('an abort within a run of the model ends it too', async () => {
    const backend = createGaussianBackend();
    const controller = new AbortController();
    const fit = fitSubspace(backend, rows, { ...OPTIONS, signal: controller.signal });
    // The first call has begun and waits for its turn.
    controller.abort();
    await expect(fit).rejects.toThrow(expect.objectContaining({ code: 'aborted' }));
    expect(backend.ran).toEqual([]);
  });

  test('hidden states that are not finite are refused, naming the row', async () => {
    const settings: GaussianBackendOptions = { broken: '!' };
    const broken = rows.map((row, i) => (i === 17 ? { ...row, response: `${row.response}!` } : row));
    const backend = createGaussianBackend(settings);
    const fit = fitSubspace(backend, broken, OPTIONS);
    await expect(fit).rejects.toThrow(expect.objectContaining({ code: 'not-finite' }));
    await expect(fit).rejects.toThrow(/^Row 18: .* layer 2/);
    // In the prompt they do not matter.
    const prompts = rows.map((row) => ({ ...row, prompt: `!${row.prompt}` }));
    await fitSubspace(createGaussianBackend(settings), prompts, OPTIONS);
  });
});
