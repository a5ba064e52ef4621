import type { Command } from 'commander';
import { collectConstant, type AttributeChoice } from '../options/attribute.js';
import { addJsonOption, type JsonFlag } from '../options/json.js';
import { addModelOptions, type ModelFlags } from '../options/model.js';
import { integer } from '../options/number.js';

/** Options of `halfspace bench`. */
export interface BenchFlags extends ModelFlags, JsonFlag {
  readonly attribute: readonly AttributeChoice<number>[];
  readonly tokens: number;
  readonly rounds: number;
  readonly candidates: number;
}

const EXAMPLES = `
Plain decoding, decoding steered by one, two and three attributes with all candidates run, and by three with lazy
look-ahead, at weights that move a token by about 0.05, 0.15 and 0.5 nats, take turns in short blocks. Times are medians over the blocks, ratios medians of the ratios of a turn. With fewer than three
attributes at hand, random directions stand in for the others: random-1, …

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
    .option('--candidates <k>', 'candidates for a token', integer({ min: 1 }), 10);
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: BenchFlags) => {
      const { bench } = await import('../run/bench.js');
      await bench(flags, signal);
    });
}
