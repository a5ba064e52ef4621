import type { Command } from 'commander';
import { collectLevels, type LevelChoice } from './control.js';
import { integer } from './number.js';

/** When completions are drawn anew. */
export interface RedrawFlags {
  readonly redrawBelow?: readonly LevelChoice[];
  readonly drafts: number;
}

/** Adds {@link RedrawFlags} to a command. */
export function addRedrawOptions(command: Command): Command {
  return command
    .option(
      '--redraw-below <name=margin>',
      'write a completion again whose mean margin is lower, and keep the best draft where all are; may be repeated',
      collectLevels('at-least'),
    )
    .option(
      '--drafts <n>',
      'most drafts of a completion, with --redraw-below',
      integer({ min: 1, max: 2048 }),
      4,
    );
}
