import { type Command, Option } from 'commander';
import { addDataOptions } from '../../options/data.js';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import { integer } from '../../options/number.js';
import type { ComparePrecisionFlags } from './flags.js';

const EXAMPLES = `
A subspace is fitted in one arithmetic and may be read in another. This reads the
margins of labelled texts in both, and writes into the files by how much they
differ: whoever loads them in the other arithmetic is told.

The labels are of one attribute, so give files of one. Files that do not say in
which arithmetic they were fitted are compared with --precision.

Examples:
  $ halfspace compare-precision calm.json calm-early.json --data dev.jsonl \\
      --precision f32 --with int8 int4`;

/** Adds `halfspace compare-precision`. */
export function addComparePrecision(program: Command, signal: AbortSignal): void {
  const command = program
    .command('compare-precision')
    .summary('measure subspaces in other arithmetics')
    .description(
      'Measures what other arithmetics make of the margins of subspaces, and writes it into their files.',
    )
    .argument('<file...>', 'subspace files of one attribute')
    .addOption(
      new Option('--with <kind...>', 'arithmetics to compare with')
        .choices(['f32', 'int8', 'int4'])
        .makeOptionMandatory(),
    )
    .option('--limit <n>', 'rows of each label to read at most', integer({ min: 2 }), 150);
  addJsonOption(addModelOptions(addDataOptions(command), 'that of the files, or f32'))
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: ComparePrecisionFlags) => {
      const { comparePrecision } = await import('./run.js');
      await comparePrecision(files, flags, signal);
    });
}
