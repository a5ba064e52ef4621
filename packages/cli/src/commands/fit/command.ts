import type { LayerBy } from '@halfspace/subspace';
import { type Command, Option } from 'commander';
import { parseCondition } from '../../options/condition.js';
import { addFitKindOptions } from '../../options/fit-kind.js';
import { addJsonOption } from '../../options/json.js';
import { parseLayers } from '../../options/layers.js';
import { addModelOptions } from '../../options/model.js';
import { integer, number } from '../../options/number.js';
import { parseShard } from '../../options/shard.js';
import type { FitFlags } from './flags.js';

const PAIR = ['chosen', 'rejected'];

const USAGE = { code: 'usage' };

const EXAMPLES = `
The data are JSON lines, CSV or Parquet, by the ending of the file. A row has a
response, its prompt if there is one, and a label; or a prompt with a chosen and
a rejected response: among labelled rows, or alone (--chosen, --rejected, and no
option about labels), where margins are calibrated to tell which of two is better. Rows that have no label,
are on neither side or have an empty response are left out. An installed attribute can read the labels of its own data.

Of up to 100 rows none is set aside: the figures are cross-validated.
A report on the data, and on what is doubtful about them, comes before the model
runs. A fit that was interrupted goes on where it was when it is started again.

Shards can be summed up at the same time, also on several machines. Merged they
give what one fit does, except for rounding. Each needs the options and the data
of the whole.

Examples:
  $ halfspace fit --attribute truthful --output truthful.json \\
      --data train.jsonl --label truthful --layer 12-18
  $ halfspace fit --attribute calm --output calm.json --data a.csv b.csv \\
      --label anger --desired '<=0.25' --undesired '>=0.5'
  $ halfspace fit --attribute helpful --output helpful.json \\
      --data pairs.parquet --chosen better --rejected worse --centring prompt
  $ halfspace fit --attribute nontoxic --output nontoxic.json \
      --data hf:google/civil_comments
  $ halfspace generate "Well, I think" --attribute ./calm.json=2
  $ halfspace fit --attribute calm --data a.csv --shard 1/2 --state 1.hsfit
  $ halfspace fit --attribute calm --data a.csv --shard 2/2 --state 2.hsfit
  $ halfspace fit --attribute calm --data a.csv --merge 1.hsfit 2.hsfit \\
      --output calm.json`;

/** Adds `halfspace fit`. */
export function addFit(program: Command, signal: AbortSignal): void {
  const command: Command = program
    .command('fit')
    .summary('fit a subspace for an attribute on labelled texts')
    .description(
      'Fits a subspace for an attribute on labelled texts, and measures it on groups that it has not seen.',
    )
    .requiredOption('--attribute <name>', 'name of the attribute, in lower-case words joined by hyphens')
    .requiredOption(
      '--data <file...>',
      '.jsonl, .json, .csv, .tsv or .parquet, or hf:owner/name for a data set on the hub; may be repeated; - reads JSON lines on stdin',
    )
    .option('--output <file>', 'where to write the subspace')
    .option(
      '--prompt <column>',
      'column of the text before the response (default: prompt, where there is one)',
    )
    .option('--response <column>', 'column of the response (default: response)')
    .addOption(
      new Option('--text <column>', 'column of a text without a prompt').conflicts([
        'prompt',
        'response',
        ...PAIR,
      ]),
    )
    .addOption(new Option('--chosen <column>', 'column of the better of two responses (default: chosen)'))
    .addOption(new Option('--rejected <column>', 'column of the worse of two responses (default: rejected)'))
    .option('--label <column>', 'column that says on which side a row is (default: label)')
    .addOption(
      new Option(
        '--score <column>',
        'column that says by how much, from 0 to 1; between --undesired and --desired where both are given',
      ).conflicts('label'),
    )
    .option('--desired <condition>', "labels of the desired side (default: '=1')", parseCondition)
    .option('--undesired <condition>', "labels of the other side (default: '=0')", parseCondition)
    .option(
      '--group <column>',
      'column that a split must not tear apart (default: group, where there is one; else each row stands alone)',
    )
    .option('--chat', "give prompts to the model as a user's turn in its chat template")
    .option(
      '--layer <list>',
      'layer to read, from 0; of several, as in 12,18 or 12-18, one is chosen (default: three fifths up)',
      parseLayers,
    )
    .addOption(
      new Option(
        '--layer-by <what>',
        'choose the best of several layers (auroc), or of those within a standard error of it the one at which candidates ' +
          'cost least (default: auroc)',
      )
        .choices(['auroc', 'cost'] satisfies LayerBy[])
        .conflicts('stack'),
    )
    .option('--stack', 'read all of the layers together, instead of one of them');
  addFitKindOptions(command)
    .option(
      '--held-out <share>',
      'share of the groups to measure on (default: 0.2; small data are cross-validated)',
      number({ above: 0, max: 0.9 }),
    )
    .addOption(
      new Option(
        '--cross-validate',
        'fit on all rows, and measure each by directions fitted without its group (default: up to 100 rows)',
      ).conflicts('heldOut'),
    )
    .option('--seed <n>', 'seed of the split (default: 0)', integer({ min: 0 }))
    .option(
      '--state <file>',
      'where to keep what is done so far, until the fit is done (default: the output with .state behind it)',
    )
    .addOption(
      new Option(
        '--shard <part>',
        'sum up a part of the rows, as in 1/4, in the file of --state, and fit nothing yet',
      )
        .argParser(parseShard)
        .conflicts(['output', 'merge', 'force']),
    )
    .option('--merge <state...>', 'fit on what shards have summed up, in the order of the data')
    .option('--force', 'keep a subspace that is no better than chance');
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: FitFlags) => {
      const { output, shard, state } = flags;
      if (shard !== undefined) {
        if (state === undefined) command.error('error: --shard needs --state, the file to sum up in.', USAGE);
        const { fitShard } = await import('./fit-shard.js');
        return fitShard(flags, { shard, path: state }, signal);
      }
      if (output === undefined)
        command.error("error: required option '--output <file>' not specified", USAGE);
      const { fit } = await import('./run.js');
      return fit(flags, output, signal);
    });
}
