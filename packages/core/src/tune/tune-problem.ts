import { describeValue, HalfspaceError } from '@halfspace/contracts';
import { fieldsOf, givenAsBefore } from '@halfspace/contracts/internal';
import { capFor, valueOf } from '../options/weights.js';
import type { Halfspace } from '../create-halfspace.js';
import { type JointWeights, spendJointly } from './joint-budget.js';
import { levelJointly } from './joint-levels.js';
import type { JointStep } from './joint-step.js';
import { checkGoal, type TargetLevel, type TuneGoal } from './tune-goal.js';
import type { TuneOptions } from './tune-options.js';

/** What the figures of a round may be off: a share of nats, and log-odds. */
const CLOSE = 0.05;

/** Weights to be found: for some attributes, in this order, from where on, and with margins counted up to where. */
export interface TuneProblem {
  readonly goal: TuneGoal;
  readonly names: readonly string[];
  readonly start: Float64Array;
  /** For each of them. */
  readonly caps: readonly number[];
}

/**
 * Checks what was asked for.
 *
 * @throws HalfspaceError `bad-option`
 */
export function problemOf(halfspace: Halfspace, options: TuneOptions): TuneProblem {
  const { weights, goal, temperature, cap } = fieldsOf(options) as unknown as TuneOptions;
  if (typeof weights !== 'object' || weights === null) {
    const instead = givenAsBefore('weights', options);
    throw new HalfspaceError(
      'bad-option',
      `The option weights must be object; got ${describeValue(weights)}.${instead}`,
    );
  }
  checkGoal(goal, weights);
  if (temperature === 0) {
    throw new HalfspaceError(
      'bad-option',
      'At temperature 0 the most probable token is taken whatever the nats. Tune at the temperature of your completions.',
    );
  }
  const levels = 'levels' in goal ? goal.levels : [];
  const towards = levels.map(({ attribute, kind }) => [attribute, kind === 'at-least' ? 1 : -1] as const);
  const start: TuneOptions['weights'] = { ...Object.fromEntries(towards), ...weights };
  const names = Object.keys(start);
  const caps = names.map((name) => {
    const attribute = halfspace.attributes.find((each) => each.name === name);
    return capFor(attribute ?? {}, start[name], cap);
  });
  return { goal, names, start: Float64Array.from(names, (name) => Number(valueOf(start[name]))), caps };
}

/**
 * The weights that bring some steps to the goal.
 *
 * @param weights - Those that the steps were written with.
 * @param most - The largest size of a weight.
 */
export function solve(
  { goal, names, start, caps }: TuneProblem,
  steps: readonly JointStep[],
  weights: Float64Array,
  most: number,
): JointWeights {
  if ('kl' in goal) return spendJointly(steps, start, goal.kl, caps, most);
  const levels = goal.levels.map(({ attribute, kind, margin }) => ({
    attribute: names.indexOf(attribute),
    relation: kind,
    margin,
  }));
  return levelJointly(steps, levels, weights, caps, most);
}

/** Whether weights come to the goal, near enough. */
export function isReached({ goal, names }: TuneProblem, { weights, kl, margins }: JointWeights): boolean {
  if ('kl' in goal) return Math.abs(kl / goal.kl - 1) <= CLOSE;
  return goal.levels.every((level) => {
    const a = names.indexOf(level.attribute);
    const shortfall = shortfallOf(level, margins[a]);
    return shortfall <= CLOSE && (weights[a] === 0 || shortfall >= -CLOSE);
  });
}

/** By how much a margin misses its level; below 0 if it goes beyond. */
function shortfallOf({ kind, margin }: TargetLevel, found: number): number {
  return kind === 'at-least' ? margin - found : found - margin;
}

/** Says that the largest weights do not come to the goal, and what they come to. */
export function outOfReach({ goal, names }: TuneProblem, { kl, margins }: JointWeights): HalfspaceError {
  const nats = `${kl.toPrecision(2)} nats a token`;
  const advice = 'Ask for less, let margins count further (cap), or let a step have more candidates.';
  if ('kl' in goal) {
    return new HalfspaceError(
      'out-of-reach',
      `No weights move these prompts by ${goal.kl} nats a token: the largest ones come to ${nats}. ${advice}`,
    );
  }
  const missed = goal.levels.filter(
    (level) => shortfallOf(level, margins[names.indexOf(level.attribute)]) > CLOSE,
  );
  const had = missed.map(({ attribute, kind, margin }) => {
    const found = margins[names.indexOf(attribute)].toFixed(2);
    return `${attribute} ${kind.replace('-', ' ')} ${margin} (it comes to ${found})`;
  });
  return new HalfspaceError(
    'out-of-reach',
    `No weights bring about ${had.join(' and ')}, at ${nats}. ${advice}`,
  );
}

/** Numbers of the attributes, by their names. */
export function byName({ names }: TuneProblem, values: Float64Array): Record<string, number> {
  return Object.fromEntries(names.map((name, a) => [name, values[a]]));
}
