import type { Command } from 'commander';
import { addDataOptions } from '../../options/data.js';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import type { DecorrelateFlags } from './flags.js';

const EXAMPLES = `
Values that read the same things pull on each other. This mixes their directions
so that steering towards one leaves the expected margins of the others alone,
and calibrates each anew on its own data: one file a subspace, in their order,
with texts that it was not fitted on. All must read the same layers.

Examples:
  $ halfspace decorrelate calm.json kind.json --data calm.jsonl kind.jsonl \\
      --output-dir apart
  $ halfspace generate "Dear Sir," --attribute apart/calm.json=2 \\
      --attribute apart/kind.json`;

/** Adds `halfspace decorrelate`. */
export function addDecorrelate(program: Command, signal: AbortSignal): void {
  const command = program
    .command('decorrelate')
    .summary('make subspaces that do not interfere')
    .description('Makes subspaces that do not interfere with each other from several that do.')
    .argument('<file...>', 'subspace files, two or more')
    .requiredOption(
      '--output-dir <directory>',
      'where to write the new ones, under the names of their attributes',
    );
  addJsonOption(addModelOptions(addDataOptions(command)))
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: DecorrelateFlags) => {
      const { decorrelate } = await import('./run.js');
      await decorrelate(files, flags, signal);
    });
}
