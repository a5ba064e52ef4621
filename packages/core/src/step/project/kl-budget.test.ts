import { describe, expect, it } from 'vitest';
import { createRandom } from '../../testing/random.js';
import { createRandomSteps } from '../../testing/random-step.js';
import { tilt } from './tilt.js';
import { tiltWithinBudget } from './kl-budget.js';

const ROUNDS = 2_000;

/** A step, a bonus of any size and a budget. */
function createCases(seed: number) {
  const next = createRandomSteps(seed);
  const random = createRandom(seed);
  return () => {
    const { logReference, constraints } = next();
    const size = 10 ** (6 * random() - 2);
    const bonus = constraints[0].values.map((value) => size * value);
    return { logReference, bonus, nats: 10 ** (5 * random() - 4) };
  };
}

/** The share that spends the budget, by bisection of the divergence as it is defined. */
function shareByBisection(logReference: Float64Array, bonus: Float64Array, nats: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 80; step++) {
    const share = (low + high) / 2;
    const scores = logReference.map((logP, x) => logP + share * bonus[x]);
    const most = Math.max(...scores);
    const mass = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
    const kl = scores.reduce((sum, score, x) => {
      const logQ = score - most - Math.log(mass);
      return sum + Math.exp(logQ) * (logQ - logReference[x]);
    }, 0);
    if (kl > nats) high = share;
    else low = share;
  }
  return low;
}

describe('tiltWithinBudget', () => {
  it('never exceeds its budget, and spends all of it where the bonus asks for more', () => {
    const next = createCases(1);
    let scaled = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { logReference, bonus, nats } = next();
      const whole = tilt(logReference, bonus);
      const found = tiltWithinBudget(logReference, bonus, nats);
      expect(found.kl).toBeLessThanOrEqual(nats);
      if (whole.kl <= nats) {
        expect(found).toEqual({ ...whole, status: 'inactive', share: 1, gain: bonus });
        continue;
      }
      scaled++;
      expect(found.status).toBe('optimal');
      expect(found.kl / nats).toBeCloseTo(1, 9);
      const tilted = tilt(
        logReference,
        bonus.map((value) => found.share * value),
      );
      expect(found.kl).toBeCloseTo(tilted.kl, 9);
      found.logQ.forEach((value, x) => {
        expect(Math.exp(value)).toBeCloseTo(Math.exp(tilted.logQ[x]), 9);
      });
      expect(tilt(logReference, found.gain)).toEqual({ logQ: found.logQ, kl: found.kl });
      if (nats > 1e-2) {
        const share = shareByBisection(logReference, bonus, nats);
        const largest = Math.max(...bonus.map(Math.abs));
        expect(Math.abs(found.share - share) * largest).toBeLessThan(1e-6);
      }
    }
    expect(scaled).toBeGreaterThan(ROUNDS / 3);
  });

  it('is the same of a bonus of any size, with a share as much smaller', () => {
    const next = createCases(5);
    for (let round = 0; round < 200; round++) {
      const { logReference, bonus, nats } = next();
      const direction = bonus.map((value) => value / 2 ** 10);
      const far = direction.map((value) => value * 2 ** 40);
      if (tilt(logReference, far).kl <= nats) continue;
      const expected = tiltWithinBudget(logReference, far, nats);
      for (const exponent of [1e2, 5e2, 9.4e2]) {
        const found = tiltWithinBudget(
          logReference,
          direction.map((value) => value * 2 ** exponent),
          nats,
        );
        expect(found.kl).toBeLessThanOrEqual(nats);
        expect(found.kl / nats).toBeCloseTo(1, 9);
        expect((found.share * 2 ** (exponent - 40)) / expected.share).toBeCloseTo(1, 6);
      }
    }
  });

  it('raises the expected bonus with the budget', () => {
    const next = createCases(2);
    const meanBonus = (logQ: Float64Array, bonus: Float64Array) =>
      logQ.reduce((sum, value, x) => sum + Math.exp(value) * bonus[x], 0);
    for (let round = 0; round < 200; round++) {
      const { logReference, bonus } = next();
      const means = [0, 0.01, 0.1, 0.5, 2].map((nats) =>
        meanBonus(tiltWithinBudget(logReference, bonus, nats).logQ, bonus),
      );
      const rounding = 1e-12 * Math.max(...bonus.map(Math.abs));
      means.slice(1).forEach((mean, i) => expect(mean).toBeGreaterThanOrEqual(means[i] - rounding));
    }
  });

  it('has no jump where the budget ends, neither at 0 nor where the bonus is within it', () => {
    const next = createCases(3);
    const apart = (one: Float64Array, other: Float64Array) =>
      one.reduce((sum, value, x) => sum + Math.abs(Math.exp(value) - Math.exp(other[x])), 0) / 2;
    for (let round = 0; round < 300; round++) {
      const { logReference, bonus } = next();
      for (const nats of [1e-2, 1e-6, 1e-10]) {
        const { logQ } = tiltWithinBudget(logReference, bonus, nats);
        // Pinsker's inequality.
        expect(apart(logQ, logReference)).toBeLessThanOrEqual(Math.sqrt(nats / 2) + 1e-12);
      }
      const whole = tilt(logReference, bonus);
      if (whole.kl < 1e-6 || whole.kl > 5) continue;
      const [far, near] = [1e-3, 1e-7].map((less) =>
        apart(tiltWithinBudget(logReference, bonus, whole.kl * (1 - less)).logQ, whole.logQ),
      );
      expect(near).toBeLessThanOrEqual(far + 1e-9);
      expect(near).toBeLessThan(1e-3);
    }
  });

  it('does not mind a shifted bonus, nor the order of candidates', () => {
    const next = createCases(4);
    for (let round = 0; round < 300; round++) {
      const { logReference, bonus, nats } = next();
      const { logQ, kl, status } = tiltWithinBudget(logReference, bonus, nats);
      const size = Math.max(...bonus.map(Math.abs));
      const shifted = tiltWithinBudget(
        logReference,
        bonus.map((value) => value + size),
        nats,
      );
      const turned = tiltWithinBudget(logReference.toReversed(), bonus.toReversed(), nats);
      for (const found of [shifted, { ...turned, logQ: turned.logQ.toReversed() }]) {
        expect(found.status).toBe(status);
        expect(found.kl).toBeCloseTo(kl, 8);
        found.logQ.forEach((value, x) => expect(Math.exp(value)).toBeCloseTo(Math.exp(logQ[x]), 7));
      }
    }
  });

  it('leaves the reference alone without a budget', () => {
    const logReference = Float64Array.of(Math.log(0.5), Math.log(0.5));
    const found = tiltWithinBudget(logReference, Float64Array.of(0, 1), 0);
    const gain = Float64Array.of(0, 0);
    expect(found).toEqual({ logQ: logReference, kl: 0, status: 'optimal', share: 0, gain });
  });

  it('has a bonus that is the same for all within any budget', () => {
    const logReference = Float64Array.of(Math.log(0.5), Math.log(0.5));
    const found = tiltWithinBudget(logReference, Float64Array.of(7, 7), 0);
    expect(found).toMatchObject({ kl: 0, status: 'inactive', share: 1 });
  });
});
