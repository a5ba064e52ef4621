import type { Command } from 'commander';
import { collectLevels, type LevelChoice } from './control.js';
import { integer } from './number.js';

/** When completions are drawn anew. */
export interface RedrawFlags {
  readonly redrawIfMeanBelow?: readonly LevelChoice[];
  readonly maxAttempts: number;
}

/** Adds {@link RedrawFlags} to a command. */
export function addRedrawOptions(command: Command): Command {
  return command
    .option(
      '--redraw-if-mean-below <name=margin>',
      'write a completion again whose mean margin is lower, and keep the best attempt where all are; may be repeated',
      collectLevels('at-least'),
    )
    .option(
      '--max-attempts <n>',
      'most attempts at a completion, with --redraw-if-mean-below',
      integer({ min: 1, max: 2048 }),
      4,
    );
}
