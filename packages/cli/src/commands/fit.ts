import type { Positions } from '@halfspace/subspace';
import { Option, type Command } from 'commander';
import { parseCondition, type Condition } from '../options/condition.js';
import { addJsonOption, type JsonFlag } from '../options/json.js';
import { addModelOptions, type ModelFlags } from '../options/model.js';
import { integer, number } from '../options/number.js';

/** Options of `halfspace fit`. */
export interface FitFlags extends ModelFlags, JsonFlag {
  readonly attribute: string;
  readonly data: readonly string[];
  readonly output: string;
  readonly label?: string;
  readonly desired?: Condition;
  readonly undesired?: Condition;
  readonly group?: string;
  readonly layer?: number;
  readonly estimator?: 'paper' | 'shrinkage';
  readonly positions?: Positions;
  readonly heldOut?: number;
  readonly seed?: number;
  readonly force?: true;
}

const EXAMPLES = `
Each line of the data is a JSON object with a "response", its "prompt" if there
is one, and a label. Rows that are on neither side or have an empty response are
left out. An installed attribute can read the labels of its own data.

Examples:
  $ halfspace fit --attribute truthfulness --output truthfulness.json \\
      --data train.jsonl --label truthful
  $ halfspace fit --attribute calm --output calm.json --data a.jsonl b.jsonl \\
      --label anger --desired '<=0.25' --undesired '>=0.5'
  $ halfspace generate "Well, I think" --attribute ./calm.json=2`;

/** Adds `halfspace fit`. */
export function addFit(program: Command, signal: AbortSignal): void {
  const command = program
    .command('fit')
    .summary('fit a subspace for an attribute on labelled texts')
    .description(
      'Fits a subspace for an attribute on labelled texts, and measures it on groups that it has not seen.',
    )
    .requiredOption('--attribute <name>', 'name of the attribute, in lower-case words joined by hyphens')
    .requiredOption('--data <file...>', 'JSON lines; may be repeated; - reads stdin')
    .requiredOption('--output <file>', 'where to write the subspace')
    .option('--label <column>', 'column that says on which side a row is (default: label)')
    .option('--desired <condition>', "labels of the desired side (default: '=1')", parseCondition)
    .option('--undesired <condition>', "labels of the other side (default: '=0')", parseCondition)
    .option(
      '--group <column>',
      'column that a split must not tear apart (default: group, where there is one; else each row stands alone)',
    )
    .option('--layer <n>', 'layer to read, from 0 (default: three fifths up)', integer({ min: 0 }))
    .addOption(
      new Option(
        '--estimator <kind>',
        "how the direction is found; paper is SASA's (default: shrinkage)",
      ).choices(['paper', 'shrinkage']),
    )
    .addOption(
      new Option('--positions <which>', 'tokens of a response to fit on (default: every)').choices([
        'last',
        'every',
        'both',
      ] satisfies Positions[]),
    )
    .option(
      '--held-out <share>',
      'share of the groups to measure on (default: 0.2)',
      number({ above: 0, max: 0.9 }),
    )
    .option('--seed <n>', 'seed of the split (default: 0)', integer({ min: 0 }))
    .option('--force', 'keep a subspace that is no better than chance');
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: FitFlags) => {
      const { fit } = await import('../run/fit.js');
      await fit(flags, signal);
    });
}
