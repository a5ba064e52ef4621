// Microseconds that a step of each mode takes, by candidates and attributes. See README.md here.
import { project } from '../packages/core/dist/step/project/project.js';
import { tiltWithin } from '../packages/core/dist/step/project/kl-budget.js';
import { tilt } from '../packages/core/dist/step/project/tilt.js';

const STEPS = 200;
const ROUNDS = 40;

/** Seeded numbers in [0, 1) (mulberry32). */
function createRandom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createStep(random, candidates, attributes) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const logits = Float64Array.from({ length: candidates }, () => 2 * normal());
  const logMass = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const logReference = logits.map((logit) => logit - logMass);
  const margins = Array.from({ length: attributes }, () => logits.map(normal));
  const bonus = logits.map((_, x) => margins.reduce((sum, column) => sum + 2 * column[x], 0));
  const means = margins.map((column) => column.reduce((sum, m, x) => sum + m * Math.exp(logReference[x]), 0));
  const atLeast = (lift) =>
    margins.map((values, a) => ({
      values,
      relation: 'at-least',
      target: means[a] + lift,
      priority: 1,
      maxWeight: Infinity,
    }));
  return { logReference, bonus, attainable: atLeast(0.3), beyond: atLeast(5) };
}

const MODES = {
  penalty: ({ logReference, bonus }) => tilt(logReference, bonus),
  'kl-budget': ({ logReference, bonus }) => tiltWithin(logReference, bonus, 0.1),
  'constraints that can be met': ({ logReference, attainable }) => project(logReference, attainable),
  'constraints that cannot': ({ logReference, beyond }) => project(logReference, beyond),
};

/** The fastest of the rounds: what else the machine does can only add. */
function microseconds(solve, steps) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (const step of steps) solve(step);
    least = Math.min(least, performance.now() - start);
  }
  return (least / steps.length) * 1000;
}

console.log('| µs a step | candidates | 1 attribute | 3 attributes | 8 attributes |\n|---|---|---|---|---|');
for (const [mode, solve] of Object.entries(MODES)) {
  for (const candidates of [10, 50]) {
    const cells = [1, 3, 8].map((attributes) => {
      const random = createRandom(attributes);
      const steps = Array.from({ length: STEPS }, () => createStep(random, candidates, attributes));
      return microseconds(solve, steps).toFixed(1);
    });
    console.log(`| ${[mode, candidates, ...cells].join(' | ')} |`);
  }
}
