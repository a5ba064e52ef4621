import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Subspace } from '@halfspace/contracts';
import { createDistanceReader, marginOf } from '../margins/margins.js';
import { createRandom } from '../../testing/random.js';
import { bonusOf } from '../bonus/bonus.js';
import { tilt } from './tilt.js';

function subspaceOf(change: Partial<Subspace> = {}): Subspace {
  return {
    model: 'm',
    layers: [0],
    direction: Float32Array.of(1),
    offset: 0,
    calibration: { slope: 1, intercept: 0 },
    ...change,
  };
}

const real = (bound: number) => fc.double({ min: -bound, max: bound, noNaN: true });
const cases = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }))
  .chain(([candidates, attributes]) =>
    fc.record({
      logits: fc.array(real(5), { minLength: candidates, maxLength: candidates }),
      distances: fc.array(
        fc
          .array(real(4), { minLength: candidates, maxLength: candidates })
          .map((column) => Float64Array.from(column)),
        { minLength: attributes, maxLength: attributes },
      ),
      weightings: fc.array(
        fc.record({
          calibration: fc.record({ slope: fc.double({ min: 0.1, max: 3, noNaN: true }), intercept: real(2) }),
          weight: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5, noNaN: true })),
          cap: fc.constant(Infinity),
        }),
        { minLength: attributes, maxLength: attributes },
      ),
    }),
  );

const logSoftmax = (logits: readonly number[]): number[] => {
  const mass = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => logit - Math.log(mass));
};

describe('tilt', () => {
  test('of calibrated margins equals the formula', () => {
    fc.assert(
      fc.property(cases, ({ logits, distances, weightings }) => {
        const logP = logSoftmax(logits);
        const unnormalised = logP.map((value, x) => {
          let bonus = 0;
          weightings.forEach(({ calibration, weight }, a) => {
            bonus += weight * (calibration.slope * distances[a][x] + calibration.intercept);
          });
          return Math.exp(value + bonus);
        });
        const mass = unnormalised.reduce((sum, value) => sum + value, 0);
        const bonus = bonusOf('margin', distances, weightings, logP.length);
        const { logQ, kl } = tilt(Float64Array.from(logP), bonus);
        let expectedKl = 0;
        unnormalised.forEach((value, x) => {
          expect(Math.exp(logQ[x])).toBeCloseTo(value / mass, 10);
          if (value > 0) expectedKl += (value / mass) * (Math.log(value / mass) - logP[x]);
        });
        expect(kl).toBeGreaterThanOrEqual(0);
        expect(kl).toBeCloseTo(expectedKl, 8);
      }),
    );
  });

  test("of the paper's form equals the formula, attribute by attribute", () => {
    fc.assert(
      fc.property(cases, ({ logits, distances, weightings }) => {
        const bonus = bonusOf('softmax', distances, weightings, logits.length);
        const expected = logits.map(() => 0);
        weightings.forEach(({ weight }, a) => {
          const column = logits.map((_, x) => Math.exp(distances[a][x]));
          const mass = column.reduce((sum, value) => sum + value, 0);
          column.forEach((value, x) => (expected[x] += (weight * value) / mass));
        });
        expected.forEach((value, x) => expect(bonus[x]).toBeCloseTo(value, 10));
      }),
    );
  });

  test('with weight 0 is the reference itself', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom('margin', 'softmax'), ({ logits, distances, weightings }, form) => {
        const logP = Float64Array.from(logSoftmax(logits));
        const none = weightings.map((each) => ({ ...each, weight: 0 }));
        const { logQ, kl } = tilt(logP, bonusOf(form, distances, none, logP.length));
        logQ.forEach((value, x) => expect(value).toBeCloseTo(logP[x], 12));
        expect(kl).toBeCloseTo(0, 12);
      }),
    );
  });

  /** Weights of either sign, as {@link cases} has them. */
  const scored = cases.map(({ logits, distances, weightings }) => ({
    logP: Float64Array.from(logSoftmax(logits)),
    distances,
    weightings: weightings.map((each, a) => ({ ...each, weight: a % 2 === 0 ? each.weight : -each.weight })),
  }));
  const bonusIn = ({
    logP,
    distances,
    weightings,
  }: typeof scored extends fc.Arbitrary<infer T> ? T : never) =>
    bonusOf('margin', distances, weightings, logP.length);
  const times = (factor: number, values: Float64Array) => values.map((value) => factor * value);
  const range = (values: Float64Array) => Math.max(...values) - Math.min(...values);

  test('with a larger scale has a larger expected bonus, and is further from the reference', () => {
    const scale = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(scored, scale, scale, (step, one, other) => {
        const bonus = bonusIn(step);
        const [less, more] = [Math.min(one, other), Math.max(one, other)].map((factor) => {
          const { logQ, kl } = tilt(step.logP, times(factor, bonus));
          return { kl, expected: logQ.reduce((sum, value, x) => sum + Math.exp(value) * bonus[x], 0) };
        });
        expect(more.expected).toBeGreaterThanOrEqual(less.expected - 1e-10);
        expect(more.kl).toBeGreaterThanOrEqual(less.kl - 1e-10);
      }),
    );
  });

  test('does not mind shifted margins', () => {
    fc.assert(
      fc.property(scored, real(20), (step, shift) => {
        const { logQ, kl } = tilt(step.logP, bonusIn(step));
        const shifted = step.weightings.map(({ weight, cap, calibration: { slope, intercept } }, a) => ({
          weight,
          cap,
          calibration: { slope, intercept: intercept + (a + 1) * shift },
        }));
        const found = tilt(step.logP, bonusIn({ ...step, weightings: shifted }));
        logQ.forEach((value, x) => expect(found.logQ[x]).toBeCloseTo(value, 9));
        expect(found.kl).toBeCloseTo(kl, 9);
      }),
    );
  });

  test('goes along with another order of candidates and of attributes', () => {
    fc.assert(
      fc.property(scored, fc.infiniteStream(fc.nat()), ({ logP, distances, weightings }, keys) => {
        const shuffled = (count: number) =>
          Array.from({ length: count }, (_, i) => ({ i, key: keys.next().value as number }))
            .sort((a, b) => a.key - b.key || a.i - b.i)
            .map(({ i }) => i);
        const [order, attributes] = [shuffled(logP.length), shuffled(distances.length)];
        const { logQ, kl } = tilt(logP, bonusIn({ logP, distances, weightings }));
        const step = {
          logP: Float64Array.from(order, (x) => logP[x]),
          distances: attributes.map((a) => Float64Array.from(order, (x) => distances[a][x])),
          weightings: attributes.map((a) => weightings[a]),
        };
        const found = tilt(step.logP, bonusIn(step));
        order.forEach((x, place) => expect(found.logQ[place]).toBeCloseTo(logQ[x], 10));
        expect(found.kl).toBeCloseTo(kl, 10);
      }),
    );
  });

  test('is as near to the reference as its weights are to 0', () => {
    fc.assert(
      fc.property(scored, fc.constantFrom(1, 1e-3, 1e-6, 1e-9), (step, factor) => {
        const bonus = times(factor, bonusIn(step));
        const { logQ, kl } = tilt(step.logP, bonus);
        const spread = range(bonus);
        logQ.forEach((value, x) =>
          expect(Math.abs(value - step.logP[x])).toBeLessThanOrEqual(spread + 1e-12),
        );
        // Hoeffding's lemma.
        expect(kl).toBeLessThanOrEqual(spread ** 2 / 8 + 1e-12);
      }),
    );
  });

  test('solves the I-projection: no gradient step of E_q[m] − KL(q‖p) ends elsewhere or higher', () => {
    const random = createRandom(5);
    for (let round = 0; round < 10; round++) {
      const size = 2 + Math.floor(random() * 6);
      const logP = logSoftmax(Array.from({ length: size }, () => 3 * random()));
      const bonus = Float64Array.from({ length: size }, () => 4 * random() - 2);
      const { logQ } = tilt(Float64Array.from(logP), bonus);
      const solved = projectedGradient(logP, bonus);
      const q = [...logQ].map(Math.exp);
      q.forEach((value, x) => expect(value).toBeCloseTo(solved[x], 5));
      expect(objective(q, logP, bonus)).toBeGreaterThanOrEqual(objective(solved, logP, bonus) - 1e-12);
    }
  });

  test('of bonuses of any size leaves the candidates with the largest as they stand to each other', () => {
    const level = fc.integer({ min: -3, max: 0 });
    const steps = fc.array(fc.tuple(real(5), level), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.constantFrom(1e4, 1e15, 1e16, 1e100, 1e306), real(2), (step, size, offset) => {
        const logP = Float64Array.from(logSoftmax(step.map(([logit]) => logit)));
        const { logQ, kl } = tilt(
          logP,
          Float64Array.from(step, ([, each]) => size * (each + offset)),
        );
        const most = Math.max(...step.map(([, each]) => each));
        const p = step.map(([, each], x) => (each === most ? Math.exp(logP[x]) : 0));
        const mass = p.reduce((a, b) => a + b);
        logQ.forEach((value, x) => expect(Math.exp(value)).toBeCloseTo(p[x] / mass, 10));
        expect(kl).toBeCloseTo(-Math.log(mass), 8);
      }),
    );
  });

  test('stays exact at weights that overflow a naive exponential', () => {
    const heavy = [{ calibration: { slope: 1, intercept: 0 }, weight: 500, cap: Infinity }];
    const logP = Float64Array.of(Math.log(0.9), Math.log(0.1 - 1e-200), -460);
    const { logQ, kl } = tilt(logP, bonusOf('margin', [Float64Array.of(-10, -9, 10)], heavy, 3));
    expect([...logQ].map(Math.exp)).toEqual([0, 0, 1]);
    expect(logQ[0]).toBeCloseTo(Math.log(0.9) - 10_000 + 460, 6);
    expect(kl).toBeCloseTo(460, 6);
    const opposite = tilt(logP, bonusOf('margin', [Float64Array.of(10, -9, -10)], heavy, 3));
    expect(opposite.kl).toBeCloseTo(-Math.log(0.9), 10);
  });
});

describe('createDistanceReader', () => {
  test('reads any subspaces at any layers as a double loop does', () => {
    const random = createRandom(11);
    const width = 7;
    const rows = 5;
    const matrix = (): Float32Array => Float32Array.from({ length: rows * width }, () => random() - 0.5);
    const hidden = new Map([0, 2, 3].map((layer) => [layer, matrix()]));
    const subspaces = [[3], [0, 2, 3], [3], [2, 3]].map((layers) =>
      subspaceOf({
        layers,
        direction: Float32Array.from({ length: layers.length * width }, () => random() - 0.5),
        offset: random(),
        calibration: { slope: 1 + random(), intercept: random() },
      }),
    );
    const reader = createDistanceReader(subspaces);
    expect(reader.layers).toEqual([0, 2, 3]);
    const asked: number[] = [];
    const source = {
      hidden(layer: number): Float32Array {
        asked.push(layer);
        return hidden.get(layer) ?? new Float32Array();
      },
    };
    const places = [4, 0, 2];
    const columns = subspaces.map(() => new Float64Array(5).fill(NaN));
    reader.read(source, 1, places, columns);
    expect(asked).toEqual([0, 2, 3]);
    for (let row = 0; row < 3; row++) {
      subspaces.forEach((subspace, a) => {
        const start = (row + 1) * width;
        const h = subspace.layers.flatMap((layer) => [
          ...(hidden.get(layer)?.subarray(start, start + width) ?? []),
        ]);
        const expected = h.reduce((sum, value, i) => sum + value * subspace.direction[i], -subspace.offset);
        const found = columns[a][places[row]];
        expect(found).toBeCloseTo(expected, 12);
        expect(marginOf(subspace.calibration, found)).toBeCloseTo(
          subspace.calibration.slope * expected + subspace.calibration.intercept,
          12,
        );
      });
    }
    for (const column of columns) expect([column[1], column[3]]).toEqual([NaN, NaN]);
  });
});

function objective(q: readonly number[], logP: readonly number[], bonus: Float64Array): number {
  return q.reduce(
    (sum, value, x) => sum + (value > 0 ? value * (bonus[x] - Math.log(value) + logP[x]) : 0),
    0,
  );
}

/** Maximises the objective over the simplex: gradient steps, each projected back (Duchi et al. 2008). */
function projectedGradient(logP: readonly number[], bonus: Float64Array): number[] {
  let q = logP.map(Math.exp);
  for (let step = 0; step < 40_000; step++) {
    const rate = 0.002;
    q = projectOntoSimplex(
      q.map((v, x) => v + rate * (bonus[x] - Math.log(Math.max(v, 1e-12)) - 1 + logP[x])),
    );
  }
  return q;
}

function projectOntoSimplex(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => b - a);
  let sum = 0;
  let shift = 0;
  sorted.forEach((value, i) => {
    sum += value;
    if (value - (sum - 1) / (i + 1) > 0) shift = (sum - 1) / (i + 1);
  });
  return values.map((value) => Math.max(value - shift, 0));
}
