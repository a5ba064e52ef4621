import { expect, test } from 'vitest';
import { parseSubspace, subspaceOf } from '../artifact/subspace-artifact.js';
import { createGaussianBackend, OPTIMAL } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';
import { adoptDirection } from './adopt-direction.js';

const options = { attribute: 'loud', layer: 2 };

test('a direction from elsewhere is calibrated and measured by rows that it was not made of', async () => {
  const rows = makeRows(300);
  const direction = Float32Array.from(OPTIMAL, (value) => 30 * value);
  const artifact = await adoptDirection(createGaussianBackend(), rows, { ...options, direction });
  expect(parseSubspace(JSON.parse(JSON.stringify(artifact)), 'it')).toEqual(artifact);
  expect(artifact).toMatchObject({
    estimator: 'imported',
    layers: [2],
    data: { heldOut: { rows: 300, share: 1 } },
  });
  const { direction: unit, calibration } = subspaceOf(artifact);
  expect(Math.hypot(...unit)).toBeCloseTo(1, 5);
  // The log-odds of two Gaussians rise by |w| a unit, and are 0 half-way, where all coordinates are 10.
  expect(Math.abs(calibration.slope / Math.hypot(...OPTIMAL) - 1)).toBeLessThan(0.15);
  const middle = unit.reduce((sum, value) => sum + 10 * value, 0);
  expect(Math.abs(calibration.slope * middle + calibration.intercept)).toBeLessThan(0.3);
  expect(artifact.figures.every.low).toBeGreaterThan(0.6);
});

test('one that points the wrong way, says nothing, or is of another model is refused', async () => {
  const adopt = async (direction: Float32Array, layer = 2, force = false) =>
    adoptDirection(createGaussianBackend(), makeRows(300), { ...options, layer, direction, force });
  const backwards = Float32Array.from(OPTIMAL, (value) => -value);
  await expect(adopt(backwards)).rejects.toThrow(/not better than chance on these texts.*its sign/);
  await expect(adopt(backwards, 2, true)).rejects.toThrow(
    expect.objectContaining({ code: 'not-above-chance' }),
  );
  await expect(adopt(Float32Array.from(OPTIMAL), 1)).rejects.toThrow(
    expect.objectContaining({ code: 'not-above-chance' }),
  );
  await expect(adopt(Float32Array.of(1, 2))).rejects.toThrow(/has 2 numbers .* of another model/);
  await expect(adopt(new Float32Array(OPTIMAL.length))).rejects.toThrow(/the length 0/);
});
