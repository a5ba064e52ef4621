import { describe, expect, test } from 'vitest';
import { isHeldOut } from '../data/split.js';
import type { LabelledText } from '../data/labelled-text.js';
import { parseSubspace, subspaceOf } from '../artifact/subspace-artifact.js';
import { createGaussianBackend, OPTIMAL } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';
import type { FitOptions } from './fit-options.js';
import type { FitState } from './fit-state.js';
import { fitSubspace, sumUp } from './fit-subspace.js';

const OPTIONS: FitOptions = { attribute: 'loud', layer: 2 };

/** Rows whose sides take turns, each in a group of its own. */
function balanced(count: number): LabelledText[] {
  const rows = makeRows(8 * count);
  const of = (label: number) => rows.filter((row) => row.label === label).slice(0, count / 2);
  const [negative, positive] = [of(0), of(1)];
  return Array.from({ length: count }, (_, i) => ({
    ...(i % 2 === 0 ? negative : positive)[Math.floor(i / 2)],
    group: `row ${i}`,
  }));
}

test('sixty balanced rows are fitted whatever a hash sets aside', async () => {
  const rows = balanced(60);
  const seeds = Array.from({ length: 400 }, (_, seed) => seed);
  // The seed whose hash sets fewest rows of a side aside.
  const aside = (seed: number) =>
    Math.min(
      ...[0, 1].map(
        (label) => rows.filter((row) => row.label === label && isHeldOut(row.group, 0.2, seed)).length,
      ),
    );
  const seed = seeds.reduce((worst, each) => (aside(each) < aside(worst) ? each : worst));
  expect(aside(seed)).toBeLessThan(3);
  const refused = fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, seed, heldOut: 0.2 });
  await expect(refused).rejects.toThrow(/crossValidate/);
  const backend = createGaussianBackend();
  const artifact = await fitSubspace(backend, rows, { ...OPTIONS, seed });
  expect(backend.ran).toHaveLength(60);
  expect(artifact.data.heldOut).toEqual({
    rows: 60,
    positive: 30,
    negative: 30,
    groups: 60,
    share: 0.2,
    seed,
    crossValidation: { folds: 5, divisions: 4 },
  });
  expect(parseSubspace(JSON.parse(JSON.stringify(artifact)), 'it')).toEqual(artifact);
  const { direction } = subspaceOf(artifact);
  const cosine = OPTIMAL.reduce((sum, value, i) => sum + value * direction[i], 0) / Math.hypot(...OPTIMAL);
  expect(cosine).toBeGreaterThan(0.85);
});

test('twenty rows without a mistake have a wide interval, and a calibration that is not sure of itself', async () => {
  const rows = balanced(20);
  const artifact = await fitSubspace(createGaussianBackend({ gap: 6 }), rows, OPTIONS);
  const { last } = artifact.figures;
  expect(last.auroc).toBe(1);
  expect(last.low).toBeLessThan(0.8);
  expect(last.low).toBeGreaterThan(0.6);
  expect(last.high).toBe(1);
  // The next row is wrong once in twelve, as far as ten of a side tell.
  const { slope, intercept } = subspaceOf(artifact).calibration;
  const { direction, offset } = subspaceOf(artifact);
  const states = await createGaussianBackend({ gap: 6 }).states(
    rows.map(({ prompt, response }) => Array.from(prompt + response, (letter) => letter.charCodeAt(0))),
    { layers: [2] },
  );
  const margins = states.map((each) => {
    const last = each.hidden(2).subarray(-direction.length);
    return slope * (direction.reduce((sum, value, i) => sum + value * last[i], 0) - offset) + intercept;
  });
  const surest = Math.max(...margins.map(Math.abs));
  expect(surest).toBeGreaterThan(1);
  expect(surest).toBeLessThan(6);
});

test('noise is refused, however many layers there are to choose the luckiest from', async () => {
  let accepted = 0;
  for (let seed = 0; seed < 30; seed++) {
    const rows = makeRows(30 * 30).slice(30 * seed, 30 * (seed + 1));
    const fit = fitSubspace(createGaussianBackend({ gap: 0 }), rows, {
      ...OPTIONS,
      layer: [0, 1, 2, 3],
      seed,
    });
    await fit.then(
      () => accepted++,
      (error: Error) => expect(error).toMatchObject({ code: 'not-above-chance' }),
    );
  }
  expect(accepted).toBeLessThanOrEqual(2);
});

test('the figures are of directions that do not know the row', async () => {
  // Half of the rows say the opposite: a direction fitted on a row would know it, and one that was not does not.
  const rows = balanced(40).map((row, i) => ({
    ...row,
    label: Math.floor(i / 2) % 2 ? row.label : 1 - row.label,
  }));
  const fit = fitSubspace(createGaussianBackend({ gap: 3 }), rows, OPTIONS);
  await expect(fit).rejects.toThrow(/not better than chance on held-out text/);
});

test('degrees that sum up to a little less than ten on a side are enough where ten rows are', async () => {
  const rows = balanced(20).map((row, i) => ({ ...row, label: row.label === 1 ? 0.7 + (i % 5) / 20 : 0.1 }));
  const { data } = await fitSubspace(createGaussianBackend({ gap: 4 }), rows, OPTIONS);
  expect(data.positive).toBeLessThan(10);
  expect(data.rows).toBe(20);
});

test('pairs are judged by the share that is won out of fold, each counted once', async () => {
  const sides = balanced(60);
  const rows = sides.map((_, i) => ({
    ...sides[i % 2 === 0 ? i + 1 : i - 1],
    prompt: `p${Math.floor(i / 2)}`.padEnd(5, '.'),
    group: String(Math.floor(i / 2)),
  }));
  const { figures, data } = await fitSubspace(createGaussianBackend({ gap: 2 }), rows, {
    ...OPTIONS,
    pairs: true,
    centring: 'prompt',
  });
  expect(data.heldOut.crossValidation).toBeDefined();
  expect(figures.pairs?.count).toBe(30);
  expect(figures.pairs?.mean.share).toBeGreaterThan(0.8);
  expect(figures.pairs?.mean.high).toBeLessThanOrEqual(1);
  expect(figures.pairs?.mean.low).toBeGreaterThan(0.5);
});

describe('what decides', () => {
  const backend = createGaussianBackend();
  const crossValidationOf = async (rows: LabelledText[], options: Partial<FitOptions> = {}) =>
    (await fitSubspace(backend, rows, { ...OPTIONS, force: true, ...options })).data.heldOut.crossValidation;

  test('is the size, unless it is said', async () => {
    expect(await crossValidationOf(balanced(100))).toBeDefined();
    expect(await crossValidationOf(balanced(102))).toBeUndefined();
    expect(await crossValidationOf(balanced(102), { crossValidate: true })).toBeDefined();
    expect(await crossValidationOf(balanced(100), { crossValidate: false })).toBeUndefined();
    expect(await crossValidationOf(balanced(100), { heldOut: 0.3 })).toBeUndefined();
    // Many rows of few groups are few, too.
    const grouped = makeRows(300).map((row, i) => ({ ...row, group: String(i % 20) }));
    expect(await crossValidationOf(grouped)).toBeDefined();
    await expect(crossValidationOf(grouped, { heldOut: 0.3, crossValidate: true })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });

  test('groups of a side that are too few are refused', async () => {
    const of = (groups: number) =>
      balanced(40).map((row, i) => ({
        ...row,
        group: row.label === 1 ? String(i % (2 * groups)) : row.group,
      }));
    await expect(crossValidationOf(of(2))).rejects.toThrow(
      expect.objectContaining({ code: 'too-little-data' }),
    );
    expect(await crossValidationOf(of(3))).toEqual({ folds: 3, divisions: 4 });
  });
});

test('a fit goes on from a state and comes to the same bytes', async () => {
  const rows = balanced(60);
  const states: FitState[] = [];
  const whole = await fitSubspace(createGaussianBackend(), rows, {
    ...OPTIONS,
    onState: (state) => void states.push(state),
  });
  expect(states[0].settings.heldOut).toBe(0);
  const again = await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, state: states[0] });
  expect(JSON.stringify(again)).toBe(JSON.stringify(whole));
  await expect(
    fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, heldOut: 0.4, state: states[0] }),
  ).rejects.toThrow(expect.objectContaining({ code: 'other-state' }));
  // A shard does not know how much there is: what is merged of shards holds groups out.
  const state = await sumUp(createGaussianBackend(), rows, OPTIONS);
  expect(state.settings.heldOut).toBe(0.2);
  const all = await sumUp(createGaussianBackend(), rows, { ...OPTIONS, crossValidate: true });
  const merged = await fitSubspace(createGaussianBackend(), rows, { ...OPTIONS, state: all });
  expect(JSON.stringify(merged)).toBe(JSON.stringify(whole));
});
