import type { Command } from 'commander';
import { collectConstant } from '../../options/attribute.js';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import { integer, number } from '../../options/number.js';
import type { BenchFlags } from './flags.js';

const EXAMPLES = `
Plain decoding, decoding steered by one, two and three attributes with all candidates run, with and without a trace, and by three
at weights that move a token by about 0.05, 0.15 and 0.5 nats (lazy look-ahead, the same with early subspaces, a KL budget), and
25 completions of a prompt together, take turns in short blocks. Times are medians over the blocks, ratios medians of the
ratios of a turn to plain decoding of as many completions. With fewer than three attributes at hand, random directions stand
in for the others: random-1, …

The weights are tuned first, and the command reports how long it all takes. Fewer rounds are less of both: try --rounds 1 first.

Example:
  $ halfspace bench --rounds 30`;

/** Adds `halfspace bench`. */
export function addBench(program: Command, signal: AbortSignal): void {
  const command = program
    .command('bench')
    .summary('time plain and steered decoding on this machine')
    .description('Times plain and steered decoding, side by side in one run.')
    .option(
      '--attribute <name[=weight]...>',
      'attributes to steer by (default: the installed ones)',
      collectConstant,
    )
    .option('--tokens <n>', 'tokens in a block', integer({ min: 1 }), 16)
    .option('--rounds <n>', 'blocks of each kind, after one that is not counted', integer({ min: 1 }), 12)
    .option('--candidates <k>', 'most candidates for a token', integer({ min: 1 }), 10)
    .option(
      '--top-p <p>',
      'share of the probability that candidates make up',
      number({ above: 0, max: 1 }),
      0.9,
    );
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: BenchFlags) => {
      const { bench } = await import('./run.js');
      await bench(flags, signal);
    });
}
