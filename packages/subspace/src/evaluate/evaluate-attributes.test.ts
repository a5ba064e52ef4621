import type { Subspace } from '@halfspace/core';
import { defineAttribute } from '@halfspace/core';
import { describe, expect, test } from 'vitest';
import { auroc } from '../statistics/auroc.js';
import { digestOf } from '../data/data-digest.js';
import { createGaussianBackend, OPTIMAL } from '../testing/gaussian-backend.js';
import type { LabelledText } from '../data/labelled-text.js';
import { evaluateAttributes } from './evaluate-attributes.js';

const norm = Math.hypot(...OPTIMAL);
const good: Subspace = {
  model: 'f00d',
  layers: [2],
  direction: Float32Array.from(OPTIMAL, (weight) => weight / norm),
  offset: (10 * OPTIMAL.reduce((sum, weight) => sum + weight, 0)) / norm,
  // The log-odds of the two Gaussians.
  calibration: { slope: norm, intercept: 0 },
};

function attribute(name: string, subspace: Subspace = good) {
  return defineAttribute({ name, description: name, subspaces: [subspace] });
}

/** Responses of random letters, capitals in those of label 1. */
function rowsOf(count: number): LabelledText[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 1 ? 1 : 0;
    const word = Array.from({ length: 1 + (i % 7) }, (_, j) =>
      String.fromCharCode((label === 1 ? 65 : 97) + ((i * 31 + j * 17 + ((i * j) % 5)) % 26)),
    ).join('');
    return { prompt: `${i}:`, response: word, label, group: String(i >> 2) };
  });
}

describe('evaluateAttributes', () => {
  test('says so of the very rows that an attribute was fitted on', async () => {
    const rows = rowsOf(40);
    const fitted = attribute('fitted', { ...good, fittedOn: digestOf(rows) });
    const found = async (some: readonly LabelledText[]) =>
      (await evaluateAttributes(createGaussianBackend(), [fitted, attribute('other')], some)).attributes.map(
        ({ fittedOnTheseRows }) => fittedOnTheseRows,
      );
    expect(await found(rows)).toEqual([true, undefined]);
    expect(await found(rows.slice(1))).toEqual([undefined, undefined]);
  });

  test('measures the margins after each token of the response, in log-odds', async () => {
    const backend = createGaussianBackend();
    const rows = rowsOf(400);
    const progress: number[] = [];
    const { model, data, attributes, interference } = await evaluateAttributes(
      backend,
      [attribute('calm')],
      rows,
      { onProgress: ({ done }) => progress.push(done) },
    );
    expect(model).toEqual({ name: 'gaussian', fingerprint: 'f00d' });
    const tokens = rows.reduce((sum, { response }) => sum + response.length, 0);
    expect(data).toEqual({ rows: 400, positive: 200, negative: 200, groups: 100, tokens });
    expect(progress).toEqual(rows.map((_, i) => i + 1));
    expect(interference).toBeUndefined();
    const [{ poolings, layers }] = attributes;
    expect(layers).toEqual([2]);

    const margins = await Promise.all(
      rows.map(async ({ prompt, response }) => {
        const tokensOf = backend.tokenizer.encode(prompt + response);
        const [text] = await backend.states([tokensOf], { layers: [2] });
        const states = text.hidden(2);
        return OPTIMAL.reduce((sum, weight, i) => sum + weight * (states[states.length - 8 + i] - 10), 0);
      }),
    );
    const labels = rows.map(({ label }) => label);
    expect(poolings.last.auroc.value).toBe(auroc(margins, labels));
    expect(poolings.last.calibrationError.value).toBeLessThan(0.08);
    // Of several independent tokens the mean says more than the last one.
    expect(poolings.mean.auroc.value).toBeGreaterThan(poolings.last.auroc.value);
  });

  test('compares several attributes in one run, whatever their layers', async () => {
    const backend = createGaussianBackend();
    const blind = { ...good, layers: [1] };
    const { attributes, interference } = await evaluateAttributes(
      backend,
      [attribute('calm'), attribute('blind', blind)],
      rowsOf(120),
    );
    expect(backend.ran).toHaveLength(120);
    const [calm, other] = attributes.map(({ poolings }) => poolings.last.auroc);
    expect(calm.low).toBeGreaterThan(0.5);
    expect(other.low).toBeLessThan(0.5);
    expect(interference).toMatchObject({
      attributes: ['calm', 'blind'],
      cosines: [
        [expect.closeTo(1, 6), null],
        [null, expect.closeTo(1, 6)],
      ],
    });
  });

  test('counts pairs won where rows have pairs', async () => {
    const backend = createGaussianBackend();
    const rows = rowsOf(81).slice(1);
    const { attributes } = await evaluateAttributes(backend, [attribute('calm')], rows, { pairs: true });
    const { pairs } = attributes[0];
    expect(pairs?.all.pairs).toBe(40);
    expect(pairs?.all.won?.mean.value).toBeGreaterThan(0.7);
  });

  test.each([
    ['no-data', []],
    ['one-sided-data', rowsOf(40).filter(({ label }) => label === 1)],
    ['too-little-data', rowsOf(40).map((row) => ({ ...row, group: row.label === 1 ? row.group : 'one' }))],
    ['empty-response', [...rowsOf(40), { prompt: '', response: '', label: 1 as const, group: 'x' }]],
  ])('refuses with %s before the model runs', async (code, rows) => {
    const backend = createGaussianBackend();
    await expect(evaluateAttributes(backend, [attribute('calm')], rows)).rejects.toMatchObject({ code });
    expect(backend.ran).toEqual([]);
  });

  test.each([
    ['Row 1 ', rowsOf(40)],
    ['Row 39 ', rowsOf(40).slice(1)],
    ['Row 5 ', rowsOf(41).slice(1).toSpliced(4, 1)],
  ])('%s breaks the pairs', async (place, rows) => {
    await expect(
      evaluateAttributes(createGaussianBackend(), [attribute('calm')], rows, { pairs: true }),
    ).rejects.toThrow(place);
  });

  test('refuses an attribute of another model', async () => {
    const stranger = attribute('calm', { ...good, model: 'beef' });
    await expect(evaluateAttributes(createGaussianBackend(), [stranger], rowsOf(40))).rejects.toMatchObject({
      code: 'subspace-of-another-model',
    });
  });
});
