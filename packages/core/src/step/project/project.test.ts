import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certify, preciseDot } from '../../testing/duality-gap.js';
import { findNearestDistributions } from '../../testing/nearest-distribution.js';
import { createRandom } from '../../testing/random.js';
import { createRandomSteps, type RandomStep } from '../../testing/random-step.js';
import { logSumExp } from '../../numeric/log-sum-exp.js';
import type { LinearConstraint, Relation } from './linear-constraint.js';
import { project, type Projection } from './project.js';

/** Most that a problem may be off: in expected values and weights, and in nats. */
const KKT = 1e-8;
const NATS = 1e-9;
const ROUNDS = 10_000;
/** Problems of each of the seeds that are checked without a second solver. */
const CERTIFIED = 200;
/** A sum of violations that is rounding. */
const MET = 1e-10;
/** What a constraint that is said to be met may miss, in units of the range of its values. */
const HELD = 1.1e-11;

const constraint = (
  values: readonly number[],
  relation: Relation,
  target: number,
  change: Partial<LinearConstraint> = {},
): LinearConstraint => ({
  values: Float64Array.from(values),
  relation,
  target,
  priority: 1,
  maxWeight: Infinity,
  ...change,
});

const logs = (probabilities: readonly number[]) => Float64Array.from(probabilities, Math.log);
const exps = (logQ: Float64Array) => [...logQ].map(Math.exp);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const expected = (logQ: Float64Array, values: Float64Array) => sum(exps(logQ).map((q, x) => q * values[x]));
const rangeOf = (values: Float64Array) => Math.max(...values) - Math.min(...values) || 1;
const isSoft = ({ maxWeight }: LinearConstraint) => maxWeight < Infinity;

function violation({ values, relation, target }: LinearConstraint, logQ: Float64Array): number {
  const excess = expected(logQ, values) - target;
  if (relation === 'equal') return Math.abs(excess);
  return Math.max(0, relation === 'at-least' ? -excess : excess);
}

/**
 * How far the Karush–Kuhn–Tucker conditions are from holding, in units of the range of the values, for
 * constraints of which the hard ones can be met.
 */
function kktResidual({ logReference, constraints }: RandomStep, { logQ, weights }: Projection): number {
  const residuals = [Math.abs(sum(exps(logQ)) - 1)];
  // Stationarity: q is made of the weights. What is made with infinite ones is a limit.
  if (weights.every(Number.isFinite)) {
    const errors = [...logQ.keys()].map((x) =>
      constraints.reduce((error, { values }, j) => error + weights[j] * values[x], logReference[x] - logQ[x]),
    );
    const size = Math.max(1, ...constraints.map(({ values }, j) => Math.abs(weights[j]) * rangeOf(values)));
    residuals.push((Math.max(...errors) - Math.min(...errors)) / size);
  }
  constraints.forEach((each, j) => {
    const { values, relation, target, maxWeight } = each;
    const range = rangeOf(values);
    const missed = violation(each, logQ) / range;
    const weight = weights[j] * range;
    // What is missed has all of its weight, what has slack has none, and no weight has the wrong sign.
    const room = maxWeight * range - Math.abs(weight);
    if (isSoft(each)) residuals.push(Math.min(missed, room), -room);
    else residuals.push(missed);
    if (relation === 'equal') return;
    const slack = missed > 0 ? 0 : Math.abs(expected(logQ, values) - target) / range;
    residuals.push(Math.min(slack, Math.abs(weight)), relation === 'at-least' ? -weight : weight);
  });
  return Math.max(...residuals);
}

/** By how much q misses more than is said: in all, and of a constraint that is not among the conflicts. */
function misreported({ constraints }: RandomStep, { logQ, violation: said, conflicts }: Projection): number {
  const misses = constraints.map((each) => violation(each, logQ));
  const unsaid = misses.map((missed, j) =>
    conflicts.includes(j) || missed <= HELD * rangeOf(constraints[j].values) ? 0 : missed,
  );
  return Math.max(Math.abs(sum(misses) - said), ...unsaid);
}

function randomStep(seed: number, round: number): RandomStep {
  const next = createRandomSteps(seed);
  for (let left = round; left > 0; left--) next();
  return next();
}

describe('project', () => {
  it('agrees with an independent solver on random problems', () => {
    const next = createRandomSteps(1);
    const seen = { optimal: 0, inactive: 0, infeasible: 0, edge: 0 };
    const wrong: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const check = (what: string, error: number, most: number) => {
        if (!(error <= most)) wrong.push(`${what} in round ${round}: ${error}`);
      };
      const step = next();
      const { logReference, constraints } = step;
      const found = project(logReference, constraints);
      const { logQ, status, kl } = found;
      const banned = new Set([...logQ.keys()].filter((x) => logQ[x] === -Infinity));
      seen[status]++;
      if (banned.size > 0 && status === 'optimal') seen.edge++;
      if (status !== 'infeasible') check('KKT residual', kktResidual(step, found), KKT);
      check('reported violation', misreported(step, found), MET);
      // What has not moved is as close as can be.
      if (status === 'inactive') continue;
      const missed = sum(constraints.filter((each) => !isSoft(each)).map((each) => violation(each, logQ)));
      const price = sum(constraints.filter(isSoft).map((each) => each.maxWeight * violation(each, logQ)));
      const nearest = findNearestDistributions(logReference.length, constraints, missed < MET);
      const least = nearest.violation;
      check('violation', Math.abs(missed - least.value), NATS + least.error);
      // Convex functions lie above their tangents: no distribution is closer to p than this.
      const tangent = logQ.map((value, x) => (banned.has(x) ? 0 : value - logReference[x]));
      const bound = nearest.least(tangent, banned);
      check('objective', Math.abs(kl + price - bound.value), NATS * Math.max(1, kl) + bound.error);
      if (banned.size === 0) continue;
      // None that comes as near to the constraints has what this one leaves out.
      const others = nearest.least(logQ.map((_, x) => (banned.has(x) ? -1 : 0)));
      check('edge', -others.value, KKT + others.error);
    }
    expect(wrong).toEqual([]);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(ROUNDS / 30);
  });

  it('is as close as can be by the bound of its own dual, whatever the seed', () => {
    const wrong: string[] = [];
    for (let seed = 2; seed < 22; seed++) {
      const next = createRandomSteps(seed);
      for (let round = 0; round < CERTIFIED; round++) {
        const step = next();
        const found = project(step.logReference, step.constraints);
        const { gap, off } = certify(step, found);
        if (!(gap <= NATS && off <= MET)) wrong.push(`seed ${seed}, round ${round}: ${gap}, ${off}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  // Targets so close to the edge that the distributions which come nearest give some candidate at most
  // 1e-7 to 1e-13. The least sum of violations is that of a simplex method with fractions, without rounding.
  it.each([
    [3, 2213, 0],
    [5, 2916, 1.7552049865380408],
    [12, 5480, 0],
    [13, 5229, 0],
    [14, 2608, 0.9121992811995112],
    [17, 4736, 0],
    [20, 1200, 0],
    [21, 2199, 3.9798329594267456],
    [22, 3720, 1.8416335547269207],
    [22, 4153, 0.0007362481958353003],
  ])('comes as near as can be at the very edge: seed %i, round %i', (seed, round, least) => {
    const step = randomStep(seed, round);
    const found = project(step.logReference, step.constraints);
    const missed = sum(
      step.constraints.filter((each) => !isSoft(each)).map((each) => violation(each, found.logQ)),
    );
    expect(Math.abs(missed - least)).toBeLessThan(MET);
    expect(found.status).toBe(least === 0 ? 'optimal' : 'infeasible');
    expect(misreported(step, found)).toBeLessThan(HELD);
  });

  it('says what it misses where a target can be missed by rounding alone', () => {
    // A probability is to be 0 and 1.9e-11, at weights of 7e7.
    const step = randomStep(5, 4063);
    const found = project(step.logReference, step.constraints);
    expect(found.status).toBe('infeasible');
    expect(misreported(step, found)).toBeLessThan(HELD);
    expect(found.violation).toBeLessThan(NATS);
  });

  it('is certified with sums of twice the precision', () => {
    // The exact value, from integers of any size.
    const a = [1e8 + 1, -1e8, 3, 2 ** -40];
    const b = [1e8 - 1, 1e8, 2 ** -50, 2 ** 30];
    expect(preciseDot(a, b)).toBe(-1 + 3 * 2 ** -50 + 2 ** -10);
  });

  it('knows the answers that can be written down', () => {
    const logReference = logs([0.5, 0.3, 0.2]);
    // q ∝ p·2^x has the odds 0.5 : 0.6 : 0.8.
    const odds = [0.5, 0.6, 0.8].map((value) => value / 1.9);
    const found = project(logReference, [constraint([0, 1, 2], 'equal', odds[1] + 2 * odds[2])]);
    exps(found.logQ).forEach((q, x) => expect(q).toBeCloseTo(odds[x], 12));
    expect(found.weights[0]).toBeCloseTo(Math.log(2), 11);
    expect(found).toMatchObject({ status: 'optimal', violation: 0, conflicts: [] });
    expect(project(logReference, [constraint([0, 1, 2], 'at-least', 0.7)])).toEqual({
      logQ: logReference,
      kl: 0,
      status: 'inactive',
      weights: Float64Array.of(0),
      violation: 0,
      conflicts: [],
    });
    // A chance of 1 leaves out what does not count, and shares the rest as before.
    const sure = project(logReference, [constraint([0, 1, 1], 'at-least', 1)]);
    expect([...sure.logQ]).toEqual([-Infinity, expect.closeTo(Math.log(0.6)), expect.closeTo(Math.log(0.4))]);
    expect(sure).toMatchObject({ status: 'optimal', weights: Float64Array.of(Infinity) });
    expect(sure.kl).toBeCloseTo(Math.log(2), 12);
  });

  it('says which constraints conflict, and comes as near to them as can be', () => {
    const logReference = logs([0.5, 0.3, 0.2]);
    const high = constraint([0, 1, 2], 'at-least', 1.5);
    const low = constraint([0, 1, 2], 'at-most', 1);
    const far = constraint([0, 0, 1], 'at-most', 0.9);
    const mean = ({ logQ }: Projection) => expected(logQ, high.values);
    const even = project(logReference, [far, high, low]);
    expect(even).toMatchObject({ status: 'infeasible', conflicts: [1, 2] });
    expect(even.violation).toBeCloseTo(0.5, 12);
    // Any mean from 1 to 1.5 misses as much, and 1 is closest to the reference.
    expect(mean(even)).toBeCloseTo(1, 12);
    const first = project(logReference, [far, high, { ...low, priority: 2 }]);
    expect(mean(first)).toBeCloseTo(1.5, 12);
    const second = project(logReference, [far, { ...high, priority: 2 }, low]);
    expect(mean(second)).toBeCloseTo(1, 12);
    const beyond = project(logReference, [constraint([0, 1, 2], 'at-least', 3)]);
    expect(beyond).toMatchObject({ status: 'infeasible', violation: 1, conflicts: [0] });
    expect([...beyond.weights]).toEqual([Infinity]);
    expect(exps(beyond.logQ)).toEqual([0, 0, 1]);
  });

  it('meets a soft constraint as far as its weight goes', () => {
    const logReference = logs([0.5, 0.3, 0.2]);
    const values = [0, 1, 2];
    const { logQ, ...found } = project(logReference, [
      constraint(values, 'at-least', 1.9, { maxWeight: 0.5 }),
    ]);
    expect(found).toMatchObject({ status: 'infeasible', conflicts: [0], weights: Float64Array.of(0.5) });
    const odds = values.map((value, x) => Math.exp(logReference[x] + 0.5 * value));
    exps(logQ).forEach((q, x) => expect(q).toBeCloseTo(odds[x] / sum(odds), 12));
    const enough = project(logReference, [constraint(values, 'at-least', 0.8, { maxWeight: 0.5 })]);
    expect(enough).toMatchObject({ status: 'optimal', violation: 0 });
  });

  it('reaches an edge without a jump', () => {
    const random = createRandom(3);
    for (let round = 0; round < 200; round++) {
      const values = Float64Array.from({ length: 2 + Math.floor(random() * 20) }, () => 4 * random() - 2);
      const logits = values.map(() => -40 * random() ** 3);
      const logReference = logits.map((value) => value - logSumExp(logits));
      const most = Math.max(...values);
      const at = (target: number) => project(logReference, [constraint([...values], 'at-least', target)]);
      const edge = exps(at(most).logQ);
      expect(edge).toEqual([...values].map((value) => Number(value === most)));
      for (const short of [1e-3, 1e-6, 1e-9, 1e-12, 1e-14, -1e-14, -1e-12]) {
        const near = exps(at(most - short * rangeOf(values)).logQ);
        const gap =
          (most - Math.max(...[...values].filter((value) => value < most), -Infinity)) / rangeOf(values);
        near.forEach((q, x) =>
          expect(Math.abs(q - edge[x])).toBeLessThanOrEqual(Math.max(2 * short, 1e-10) / gap),
        );
      }
    }
  });

  it.each([1e-4, 1e-6, 1e-7, 0])('takes attributes that differ by %s or less', (difference) => {
    const random = createRandom(8);
    for (let round = 0; round < 200; round++) {
      const base = Float64Array.from({ length: 12 }, () => 4 * random() - 2);
      const logReference = logs([...base].map(() => 1 / base.length));
      const aim = base.map(() => random());
      const columns = [0, 1, 2].map(() => base.map((value) => value + difference * random()));
      const constraints = columns.map((values, j) => {
        const target = values.reduce((mean, value, x) => mean + (value * aim[x]) / sum([...aim]), 0);
        return constraint([...values], j === 2 ? 'equal' : 'at-least', target);
      });
      const found = project(logReference, constraints);
      expect(found.status).not.toBe('infeasible');
      expect(kktResidual({ logReference, constraints }, found)).toBeLessThan(KKT);
    }
  });

  const steps = fc.integer({ min: 0, max: 2 ** 30 }).map((seed) => createRandomSteps(seed)());

  it('does not mind shifted margins, nor the order of candidates and constraints', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -100, max: 100 }), ({ logReference, constraints }, shift) => {
        const found = project(logReference, constraints);
        const shifted = project(
          logReference,
          constraints.map((each) => ({
            ...each,
            values: each.values.map((value) => value + shift),
            target: each.target + shift,
          })),
        );
        const reversed = project(
          logReference.toReversed(),
          constraints.toReversed().map((each) => ({ ...each, values: each.values.toReversed() })),
        );
        expect(shifted.kl).toBeCloseTo(found.kl, 7);
        expect(reversed.kl).toBeCloseTo(found.kl, 7);
        exps(found.logQ).forEach((q, x) => {
          expect(Math.exp(shifted.logQ[x])).toBeCloseTo(q, 4);
          expect(Math.exp(reversed.logQ.toReversed()[x])).toBeCloseTo(q, 4);
        });
      }),
    );
  });
});
