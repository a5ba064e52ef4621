import type { Command } from 'commander';
import { addServeOptions } from '../serve/command.js';
import type { PlaygroundFlags } from './flags.js';

const EXAMPLES = `
It is the server of "halfspace serve", which has the same page at /, and it takes
the same options.

Examples:
  $ halfspace playground
  $ halfspace playground --attribute ./calm.json
  $ halfspace playground --no-open --port 0`;

/** Adds `halfspace playground`. */
export function addPlayground(program: Command, signal: AbortSignal): void {
  const command = program
    .command('playground')
    .summary('steer in the browser: sliders, and plain and steered text side by side')
    .description(
      'Starts a server and opens its page in your browser: plain and steered text side by side, a slider for each value, ' +
        'and of every token what else could have been written.',
    )
    .option('--no-open', 'show the address, and open no browser');
  addServeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: PlaygroundFlags) => {
      const { playground } = await import('./run.js');
      await playground(flags, signal);
    });
}
