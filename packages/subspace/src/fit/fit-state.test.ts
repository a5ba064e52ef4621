import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FitOptions } from './fit-options.js';
import { copyFitState, type FitState, mergeFitStates } from './fit-state.js';
import { readFitState, writeFitState } from './fit-state-file.js';
import { fitSubspace, sumUp } from './fit-subspace.js';
import type { LabelledText } from '../data/labelled-text.js';
import { subspaceOf } from '../artifact/subspace-artifact.js';
import { relativeError } from '../testing/closeness.js';
import { createGaussianBackend } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';

const OPTIONS: FitOptions = { attribute: 'loudness', layer: [1, 2], positions: 'both' };
const ROWS = makeRows(1100);

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'halfspace-state-'))));
afterEach(async () => rm(directory, { recursive: true }));

const fit = async (rows: Iterable<LabelledText>, options: Partial<FitOptions> = {}) =>
  fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, ...options });

describe('shards', () => {
  test('summed up apart and merged fit as one, but for rounding', async () => {
    const whole = await fit(ROWS);
    // Uneven, and one of them torn through a group.
    const shards = [ROWS.slice(0, 100), ROWS.slice(100, 701), ROWS.slice(701)];
    const states = await Promise.all(shards.map((rows) => sumUp(createGaussianBackend(), rows, OPTIONS)));
    const before = states[0].sums[0][0][0].last?.count;
    const backend = createGaussianBackend();
    const merged = await fitSubspace(backend, ROWS, { ...OPTIONS, state: states.reduce(mergeFitStates) });
    // The model is given the rows held out and no others.
    expect(backend.ran).toHaveLength(whole.data.heldOut.rows);
    expect(states[0].sums[0][0][0].last?.count).toBe(before);

    const [one, other] = [whole, merged].map(subspaceOf);
    expect(relativeError(other.direction, one.direction)).toBeLessThan(1e-6);
    expect(Math.abs(other.offset / one.offset - 1)).toBeLessThan(1e-9);
    expect(Math.abs(other.calibration.slope / one.calibration.slope - 1)).toBeLessThan(1e-6);
    expect(merged.layers).toEqual(whole.layers);
    expect(merged.data).toEqual(whole.data);
    merged.layerScores?.forEach(({ auroc }, i) =>
      expect(auroc).toBeCloseTo(whole.layerScores?.[i].auroc ?? NaN, 9),
    );
    for (const pooling of ['last', 'mean', 'min', 'every'] as const) {
      expect(merged.figures[pooling].auroc).toBeCloseTo(whole.figures[pooling].auroc, 4);
    }
  });

  test('are not counted twice, and must belong together', async () => {
    const sum = async (rows: LabelledText[], options: Partial<FitOptions> = {}) =>
      sumUp(createGaussianBackend(), rows, { ...OPTIONS, ...options });
    const [a, b] = [await sum(ROWS.slice(0, 60)), await sum(ROWS.slice(60, 120))];
    expect(() => mergeFitStates(a, a)).toThrow(/counted the same rows/);
    expect(() => mergeFitStates(mergeFitStates(a, b), b)).toThrow(/counted the same rows/);
    const other = await sum(ROWS.slice(60, 120), { seed: 1 });
    expect(() => mergeFitStates(a, other)).toThrow(/seed 0, and now seed is 1/);
  });
});

describe('a fit that was interrupted', () => {
  test('goes on from any of its states, and comes to the same bytes', async () => {
    const states: string[] = [];
    const whole = JSON.stringify(
      await fit(ROWS, {
        onState: async (state) => {
          const path = join(directory, String(states.length));
          await writeFitState(path, state);
          states.push(path);
        },
      }),
    );
    // Blocks of 512 rows, twice.
    expect(states).toHaveLength(6);
    for (const path of [states[0], states[2], states[4]]) {
      const backend = createGaussianBackend();
      const state = await readFitState(path);
      expect(JSON.stringify(await fitSubspace(backend, ROWS, { ...OPTIONS, state }))).toBe(whole);
      // What was done is not done again.
      const done = state.counted.reduce((sum, { tokens }) => sum + tokens, 0);
      const measured = state.measured?.counted.reduce((sum, { tokens }) => sum + tokens, 0) ?? 0;
      expect(backend.ran.join('').length).toBe(9 * ROWS.length - done - measured);
    }
  });

  test('goes on with no other data, options or model', async () => {
    const last = async (rows: LabelledText[], options: Partial<FitOptions> = {}) => {
      const states: FitState[] = [];
      await fit(rows, { onState: (state) => void states.push(copyFitState(state)), ...options });
      return states;
    };
    const rows = ROWS.slice(0, 600);
    const [first, ...rest] = await last(rows);
    const refused = async (data: LabelledText[], options: Partial<FitOptions>, message: RegExp) => {
      const run = fit(data, { state: first, ...options });
      await expect(run).rejects.toThrow(expect.objectContaining({ code: 'other-state' }));
      await expect(run).rejects.toThrow(message);
    };
    await refused(rows.toSpliced(7, 1), {}, /other rows than the first/);
    await refused(rows.with(0, { ...rows[0], label: 1 - rows[0].label }), {}, /other rows/);
    await refused(rows.slice(0, 300), {}, /more rows than there are/);
    await refused(rows, { layer: 2 }, /layers \[1,2\], and now layers is \[2\]/);
    await refused(rows, { positions: 'last' }, /positions/);
    await refused(
      rows,
      { state: { ...first, settings: { ...first.settings, model: 'beef' } } },
      /model "beef"/,
    );
    // The same rows, which the model sees otherwise.
    const { tokenizer } = createGaussianBackend();
    const encode = (text: string) => [...tokenizer.encode(text), ...(text === '' ? [] : [0])];
    const reader = { ...createGaussianBackend(), tokenizer: { ...tokenizer, encode } };
    const otherwise = fitSubspace(reader, rows, { ...OPTIONS, state: first });
    await expect(otherwise).rejects.toMatchObject({ code: 'other-state' });
    await expect(otherwise).rejects.toThrow(/rows were \d+ tokens, and now they are/);
    // Rows may follow while sums are made, but not once there are figures.
    await refused(ROWS.slice(0, 630), { state: rest.at(-1) }, /added/);
    expect(await fit(ROWS.slice(0, 700), { state: first })).toEqual(await fit(ROWS.slice(0, 700)));
  });
});
