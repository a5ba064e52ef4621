import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../testing/random.js';
import { increasingRoot } from '../numeric/increasing-root.js';
import { spendJointly } from './joint-budget.js';
import { levelJointly, type JointLevel } from './joint-levels.js';
import type { JointStep } from './joint-step.js';
import { project } from '../step/project/project.js';

const MOST = 64;

/** Steps of 1 to 8 candidates with three attributes. */
function randomSteps(seed: number, count: number): JointStep[] {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => {
    const candidates = 1 + Math.floor(8 * random());
    const logits = Float64Array.from({ length: candidates }, () => 2 * normal());
    const mass = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const before = Float64Array.from({ length: 3 }, normal);
    const margins = Array.from(before, (margin) =>
      Float64Array.from({ length: candidates }, () => margin + normal()),
    );
    return {
      logReference: logits.map((logit) => logit - Math.log(mass)),
      margins,
    };
  });
}

/** What weights come to, by definition: no code of the solvers. */
function byDefinition(steps: readonly JointStep[], weights: ArrayLike<number>, caps: readonly number[]) {
  let [kl, logNormaliser] = [0, 0];
  const margins = [0, 0, 0];
  for (const step of steps) {
    const p = [...step.logReference].map(Math.exp);
    const bonus = p.map((_, x) =>
      step.margins.reduce((sum, column, a) => {
        const counted = weights[a] < 0 ? Math.max(column[x], -caps[a]) : Math.min(column[x], caps[a]);
        return sum + weights[a] * counted;
      }, 0),
    );
    const raised = p.map((value, x) => value * Math.exp(bonus[x]));
    const mass = raised.reduce((a, b) => a + b);
    logNormaliser += Math.log(mass) / steps.length;
    raised.forEach((value, x) => {
      const q = value / mass;
      kl += (q * Math.log(q / p[x])) / steps.length;
      step.margins.forEach((column, a) => (margins[a] += (q * column[x]) / steps.length));
    });
  }
  return { kl, margins, logNormaliser };
}

const seeds = fc.nat(2 ** 30);
const anyCap = fc.constantFrom(0.3, 1, Infinity);
const anyCaps = fc.tuple(anyCap, anyCap, anyCap);
const NONE = [Infinity, Infinity, Infinity];
const positive = fc.double({ min: 0.1, max: 2, noNaN: true });

describe('increasingRoot', () => {
  it('finds the root wherever it looks first, or the nearer end', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -70, max: 70, noNaN: true }),
        fc.double({ min: -64, max: 64, noNaN: true }),
        fc.constantFrom<(x: number) => number>(Math.atan, Math.cbrt, (x) => x + x ** 3, Math.sinh),
        (root, start, f) => {
          let looks = 0;
          const found = increasingRoot((x) => (looks++, f((x - root) / 4)), { low: -64, high: 64, start });
          expect(found).toBeCloseTo(Math.min(64, Math.max(-64, root)), 6);
          expect(looks).toBeLessThan(250);
        },
      ),
    );
  });
});

describe('spendJointly', () => {
  it('spends the nats on average, along the direction', () => {
    fc.assert(
      fc.property(
        seeds,
        positive,
        positive,
        fc.constantFrom(0.02, 0.15, 0.5),
        anyCaps,
        (seed, a, b, nats, caps) => {
          const steps = randomSteps(seed, 40);
          const { weights, kl, margins } = spendJointly(steps, [a, -b, 0], nats, caps, MOST);
          const expected = byDefinition(steps, weights, caps);
          expect(kl).toBeCloseTo(expected.kl, 9);
          margins.forEach((margin, i) => expect(margin).toBeCloseTo(expected.margins[i], 9));
          expect(weights[0] / -weights[1]).toBeCloseTo(a / b, 9);
          if (Math.max(...weights.map(Math.abs)) < MOST * 0.999) expect(expected.kl).toBeCloseTo(nats, 9);
          else expect(expected.kl).toBeLessThan(nats);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes as far as it may where that is not enough', () => {
    const { weights, kl } = spendJointly(randomSteps(1, 20), [1, 0.5, 0], 50, NONE, 8);
    expect([...weights]).toEqual([8, 4, 0]);
    expect(kl).toBeLessThan(50);
  });
});

describe('levelJointly', () => {
  const levels: JointLevel[] = [
    { attribute: 0, relation: 'at-least', margin: 0.5 },
    { attribute: 1, relation: 'at-most', margin: -0.2 },
  ];

  it('has the least KL that reaches the levels, by the bound of its own dual', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const steps = randomSteps(seed, 40);
        const { weights, kl } = levelJointly(steps, levels, [1, 0, 0], NONE, MOST);
        const { margins, logNormaliser } = byDefinition(steps, weights, NONE);
        if (weights.some((weight) => Math.abs(weight) === MOST)) return;
        expect(margins[0]).toBeGreaterThan(0.5 - 1e-7);
        expect(margins[1]).toBeLessThan(-0.2 + 1e-7);
        expect(weights[0]).toBeGreaterThanOrEqual(0);
        expect(weights[1]).toBeLessThanOrEqual(0);
        // No distributions that reach the levels have less: weak duality, whatever the weights.
        const bound = weights[0] * 0.5 + weights[1] * -0.2 - logNormaliser;
        expect(kl).toBeCloseTo(bound, 7);
      }),
      { numRuns: 60 },
    );
  });

  it('is the projection of a step where there is one', () => {
    fc.assert(
      fc.property(seeds, positive, positive, (seed, a, b) => {
        const [step] = randomSteps(seed, 1);
        const { margins } = byDefinition([step], [a, -b, 0], NONE);
        const wanted: JointLevel[] = levels.map((each, i) => ({ ...each, margin: margins[i] }));
        const expected = project(
          step.logReference,
          wanted.map(({ attribute, relation, margin }) => ({
            values: step.margins[attribute],
            relation,
            target: margin,
            priority: 1,
            maxWeight: MOST,
          })),
        );
        const found = levelJointly([step], wanted, [0, 0, 0], NONE, MOST);
        expect(found.kl).toBeCloseTo(expected.kl, 6);
      }),
      { numRuns: 100 },
    );
  });

  it('counts gains as decoding does, and leaves alone what has no level or needs no help', () => {
    fc.assert(
      fc.property(seeds, anyCaps, positive, (seed, caps, fixed) => {
        const steps = randomSteps(seed, 40);
        const { weights, kl } = levelJointly(steps, levels, [1, 0, fixed], caps, MOST);
        const found = byDefinition(steps, weights, caps);
        expect(kl).toBeCloseTo(found.kl, 9);
        expect(weights[2]).toBe(fixed);
        const shortfalls = [0.5 - found.margins[0], found.margins[1] + 0.2];
        shortfalls.forEach((shortfall, a) => {
          if (weights[a] === 0) expect(shortfall).toBeLessThan(1e-7);
          else if (Math.abs(weights[a]) < MOST) expect(shortfall).toBeCloseTo(0, 6);
          else expect(shortfall).toBeGreaterThan(0);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('finds on a grid of all weights none that does it with less', () => {
    const steps = randomSteps(7, 30);
    const { kl } = levelJointly(steps, levels, [0, 0, 0], NONE, MOST);
    let least = Infinity;
    for (let a = 0; a <= 3; a += 0.06) {
      for (let b = 0; b <= 3; b += 0.06) {
        const tried = byDefinition(steps, [a, -b, 0], NONE);
        if (tried.margins[0] >= 0.5 && tried.margins[1] <= -0.2) least = Math.min(least, tried.kl);
      }
    }
    expect(least).toBeGreaterThanOrEqual(kl);
    expect(least).toBeLessThan(1.2 * kl);
  });
});
