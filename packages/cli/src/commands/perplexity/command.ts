import type { Command } from 'commander';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import { integer } from '../../options/number.js';
import type { PerplexityFlags } from './flags.js';

const EXAMPLES = `
The text is cut into windows that do not overlap. The first token of a window
is only context, the others are predicted. What is left over after the last
whole window is not used.

Example:
  $ halfspace perplexity book.txt --windows 8`;

/** Adds `halfspace perplexity`. */
export function addPerplexity(program: Command, signal: AbortSignal): void {
  const command = program
    .command('perplexity')
    .summary('measure how well a model predicts a text')
    .description('Measures the perplexity of a model on a text file.')
    .argument('<file>', 'a text in UTF-8; - reads stdin')
    .option('--window <tokens>', 'length of a window', integer({ min: 2 }), 512)
    .option('--windows <n>', 'windows from the beginning (default: all)', integer({ min: 1 }));
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: PerplexityFlags) => {
      const { perplexity } = await import('./run.js');
      await perplexity(file, flags, signal);
    });
}
