import type { Command } from 'commander';
import { ATTRIBUTE_SPEC, collectNames, type AttributeChoice } from '../options/attribute.js';
import { addDataOptions, type DataFlags } from '../options/data.js';
import { addJsonOption, type JsonFlag } from '../options/json.js';
import { addModelOptions, type ModelFlags } from '../options/model.js';

/** Options of `halfspace evaluate-subspace`. */
export interface EvaluateSubspaceFlags extends DataFlags, ModelFlags, JsonFlag {
  readonly attribute: readonly AttributeChoice[];
  readonly output?: string;
  readonly chat?: true;
}

const EXAMPLES = `
The data are labelled texts as "halfspace fit" reads them, and must be none that
the subspace was fitted on. Intervals are 95 %, by a bootstrap over groups.

Of several attributes the labels speak of the first. The figures of the others
say how far they react to it, and a table how much their margins say the same.

Examples:
  $ halfspace evaluate-subspace --attribute toxicity --data dev.jsonl
  $ halfspace evaluate-subspace --attribute ./calm.json ./kind.json \\
      --data dev.jsonl --label calm --output report.html
  $ halfspace evaluate-subspace --attribute ./helpful.json --data pairs.parquet \\
      --chosen chosen --rejected rejected`;

/** Adds `halfspace evaluate-subspace`. */
export function addEvaluateSubspace(program: Command, signal: AbortSignal): void {
  const command = program
    .command('evaluate-subspace')
    .summary('measure subspaces on labelled texts')
    .description(
      'Measures how well subspaces tell labelled texts apart, and how far their margins can be believed.',
    )
    .requiredOption('--attribute <name...>', `${ATTRIBUTE_SPEC}; may be repeated`, collectNames)
    .option('--output <file>', 'where to write a page with plots: HTML that needs nothing else')
    .option('--chat', "give prompts to the model as a user's turn in its chat template");
  addJsonOption(addModelOptions(addDataOptions(command)))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: EvaluateSubspaceFlags) => {
      const { evaluateSubspace } = await import('../run/evaluate-subspace.js');
      await evaluateSubspace(flags, signal);
    });
}
