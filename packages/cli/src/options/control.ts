import type { Preset } from '@halfspace/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { isAttributePath } from './attribute.js';
import { number, readNumber } from './number.js';
import { PRESET_NAMES } from './preset.js';

/** A margin that an attribute is to have, as the user wrote it: by the name of the attribute, or by a path. */
export interface LevelChoice {
  readonly source: string;
  readonly kind: 'at-least' | 'at-most';
  readonly margin: number;
}

/** A constraint as the user wrote it: on an attribute by its name, or by a path. */
export type ConstraintChoice =
  | LevelChoice
  | { readonly source: string; readonly kind: 'keep' }
  | {
      readonly source: string;
      readonly kind: 'chance';
      readonly margin: number;
      readonly probability: number;
    };

/** What decides how strongly to steer, where weights alone do not. */
export interface ControlFlags {
  readonly preset?: Preset | 'none';
  readonly budget?: number;
  readonly budgetPer: 'token' | 'completion';
  readonly atLeast?: readonly LevelChoice[];
  readonly atMost?: readonly LevelChoice[];
  readonly keep?: readonly ConstraintChoice[];
  readonly chance?: readonly ConstraintChoice[];
}

/** Adds {@link ControlFlags} to a command. */
export function addControlOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--preset <name>',
        'how far to go in words: light, balanced or strict moves tokens by 0.05, 0.15 or 0.5 nats on average, and weights only say where to; none leaves it to them (default: that of the config, or none)',
      )
        .choices([...PRESET_NAMES, 'none'])
        .conflicts(['budget', 'atLeast', 'atMost', 'keep', 'chance']),
    )
    .option(
      '--budget <nats>',
      'move no token further than this from the model (KL): weights are scaled down where they would',
      number({ min: 0 }),
    )
    .addOption(
      new Option(
        '--budget-per <what>',
        'what the budget is for; in a completion, what a token leaves is kept',
      )
        .choices(['token', 'completion'])
        .default('token'),
    )
    .option(
      '--at-least <name=margin>',
      'expect at least this margin of every token, with as little change as that takes; may be repeated',
      collectLevels('at-least'),
    )
    .option(
      '--at-most <name=margin>',
      'expect at most this margin; may be repeated',
      collectLevels('at-most'),
    )
    .option(
      '--keep <name>',
      'keep the expected margin of this attribute as the model has it; may be repeated',
      collect<ConstraintChoice>((source) => ({ kind: 'keep', source })),
    )
    .option(
      '--chance <name-margin-p>',
      "make a margin of at least this as probable as p, as in 'nontoxic>=0:0.95'; may be repeated",
      collect(parseChance),
    );
}

function collect<T>(parse: (text: string) => T) {
  return (text: string, earlier: readonly T[] = []): T[] => [...earlier, parse(text)];
}

/** Makes a collector of the values of an option `NAME=MARGIN`, which may be given several times. */
export function collectLevels(kind: LevelChoice['kind']) {
  return collect<LevelChoice>((text) => ({ kind, ...parseMargin(text) }));
}

/**
 * Reads `NAME=MARGIN`.
 *
 * @throws InvalidArgumentError
 */
export function parseMargin(text: string): { source: string; margin: number } {
  const cut = text.lastIndexOf('=');
  const margin = readNumber(text.slice(cut + 1));
  const source = text.slice(0, Math.max(cut, 0));
  if (source !== '' && !isAttributePath(text.slice(cut + 1)) && !Number.isNaN(margin))
    return { source, margin };
  throw new InvalidArgumentError('It must be an attribute and a margin, as in helpful=1 or nontoxic=-0.5.');
}

/**
 * Reads `NAME>=MARGIN:PROBABILITY`, or `NAME<MARGIN:PROBABILITY` for at most this probability.
 *
 * @throws InvalidArgumentError
 */
export function parseChance(text: string): ConstraintChoice {
  const [, source = '', sign, margin, probability] = /^(.+?)(>=|<)([^:<>=]+):([^:]+)$/.exec(text) ?? [];
  const level = readNumber(margin ?? '');
  const share = readNumber(probability ?? '');
  if (Number.isNaN(level) || !(share >= 0 && share <= 1)) {
    throw new InvalidArgumentError(
      "It must be an attribute, a margin and a probability, in quotes: 'nontoxic>=0:0.95' or 'nontoxic<0:0.05'.",
    );
  }
  return { kind: 'chance', source, margin: level, probability: sign === '<' ? 1 - share : share };
}
