import { type Command, Option } from 'commander';
import { ATTRIBUTE_SPEC, collectNames } from '../../options/attribute.js';
import { addDataOptions } from '../../options/data.js';
import { addFitKindOptions } from '../../options/fit-kind.js';
import { addJsonOption } from '../../options/json.js';
import { parseLayersOrAll } from '../../options/layers.js';
import { addModelOptions } from '../../options/model.js';
import type { EvaluateSubspaceFlags } from './flags.js';

/** What has no meaning where answers are chosen from. */
const NOT_OF_CHOICES = 'response text chosen rejected label desired undesired group output train'.split(' ');

const EXAMPLES = `
The data are labelled texts as "halfspace fit" reads them, and must be none that
the subspace was fitted on. Intervals are 95 %, by a bootstrap over groups.

Of several attributes the labels speak of the first. The figures of the others
say how far they react to it, and a table how much their margins say the same.

With training data a learning curve tells how much of them is enough: the first
attribute is fitted anew, at its layers, on growing shares of the groups. A sweep
fits it at one layer after the other. Say how it was fitted with --positions,
--centring and --estimator. Both are judged on the data evaluated.

For multiple choice the figures are how often the answer with the largest margin is
a right one, and how often the answer that the model itself finds most likely is.

Examples:
  $ halfspace evaluate-subspace --attribute nontoxic --data dev.jsonl
  $ halfspace evaluate-subspace --attribute ./calm.json ./kind.json \\
      --data dev.jsonl --label calm --output report.html
  $ halfspace evaluate-subspace --attribute ./helpful.json --data pairs.parquet \\
      --chosen chosen --rejected rejected
  $ halfspace evaluate-subspace --attribute nontoxic --data dev.jsonl \\
      --train train.jsonl --learning-curve --sweep-layers 6-24
  $ halfspace evaluate-subspace --attribute truthful --data mc.jsonl \\
      --choices mc1 mc2`;

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
  addDataOptions(command)
    .addOption(
      new Option(
        '--choices <column...>',
        'columns of answers to choose from, {"yes": 1, "no": 0}, to the question in --prompt (default: question)',
      ).conflicts(NOT_OF_CHOICES),
    )
    .option('--train <file...>', 'training data, with the same columns; may be repeated')
    .option('--learning-curve', 'fit on 1/16, 1/8, 1/4, 1/2 and all of the training data')
    .option(
      '--sweep-layers <list>',
      'fit at each of some layers, as in 6,10,14 or 6-24, or all',
      parseLayersOrAll,
    );
  addJsonOption(addModelOptions(addFitKindOptions(command)))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: EvaluateSubspaceFlags) => {
      const fits = flags.learningCurve === true || flags.sweepLayers !== undefined;
      if (fits !== (flags.train !== undefined)) {
        command.error(
          'error: Training data and what is to be fitted on them go together: --train with --learning-curve, --sweep-layers or both.',
          { code: 'usage' },
        );
      }
      const { evaluateSubspace } = await import('./run.js');
      await evaluateSubspace(flags, signal);
    });
}
