import { describeValue, HalfspaceError } from '@halfspace/contracts';
import { fieldsOf } from '@halfspace/contracts/internal';
import { valueOf, type Weights } from '../options/weights.js';

/** What the margins of an attribute are to be like on average. */
export interface TargetLevel<Name extends string = string> {
  /** Its name. */
  readonly attribute: Name;
  /** Which way the margins are to go. */
  readonly kind: 'at-least' | 'at-most';
  /** Mean over the tokens of the expected margin, in log-odds. */
  readonly margin: number;
}

/** What weights are to bring about: how far they go, or how far they get. */
export type TuneGoal<Name extends string = string> =
  | {
      /** Mean of KL(q‖p) over the tokens, nats, above 0: one of `PRESETS`, or another. */
      readonly kl: number;
    }
  | {
      /** At least one, of different attributes: reached with as little weight as it takes. */
      readonly levels: readonly TargetLevel<Name>[];
    };

/**
 * Finds out whether a goal can be asked for, before any work.
 *
 * @throws HalfspaceError `bad-option`
 */
export function checkGoal(goal: TuneGoal, weights: Weights): void {
  if (!('kl' in fieldsOf(goal)) && !Array.isArray(fieldsOf(goal)['levels'])) {
    throw bad('The option goal must have either kl, a number of nats, or levels, a list.');
  }
  if ('kl' in goal) {
    if (!(typeof goal.kl === 'number' && goal.kl > 0 && goal.kl < Infinity))
      throw bad(`The goal kl must be a number above 0; got ${describeValue(goal.kl)}.`);
    if (!Object.values(weights).some((weight) => valueOf(weight) !== 0)) {
      throw bad(
        'A goal of nats scales the weights of attributes, and there are none. Give an attribute a weight.',
      );
    }
    return;
  }
  const names = goal.levels.map(({ attribute }) => attribute);
  if (names.length === 0) throw bad('The goal has no levels. Name one, or give kl.');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw bad(`"${twice}" has two levels. Give each attribute one.`);
  const odd = goal.levels.find(({ margin }) => !Number.isFinite(margin));
  if (odd !== undefined) throw bad(`The level of "${odd.attribute}" must be a number; got ${odd.margin}.`);
}

function bad(message: string): HalfspaceError {
  return new HalfspaceError('bad-option', message);
}
