import type { Command } from 'commander';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import { integer } from '../../options/number.js';
import type { FitPredictionFlags } from './flags.js';

const EXAMPLES = `
The prompts are completed by the model as it is, and every candidate of every step is run and
measured. What tokens did to the margins is written into the files, which stay as they are
otherwise. With it generate runs first what is likely to win, and calls the model less often; a
wrong prediction costs time and never makes the draw less exact.

Example:
  $ halfspace fit-prediction calm.json kind.json --prompts prompts.txt`;

/** Adds `halfspace fit-prediction`. */
export function addFitPrediction(program: Command, signal: AbortSignal): void {
  const command = program
    .command('fit-prediction')
    .summary('learn what tokens do to margins, so that the model is called less often')
    .description('Learns what tokens do to the margins of subspaces, which makes lazy look-ahead cheaper.')
    .argument('<file...>', 'subspace files, which are added to')
    .requiredOption(
      '--prompts <file>',
      'prompts of the kind that you will complete: rows with a "prompt" (.jsonl, .json, .csv, .tsv, .parquet), or plain text with one a line; - reads stdin',
    )
    .option('--limit <n>', 'prompts to complete at most', integer({ min: 2 }), 300)
    .option('--max-tokens <n>', 'tokens of each completion', integer({ min: 1 }), 20)
    .option('--seed <n>', 'seed of the completions', integer({ min: 0 }), 0);
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: FitPredictionFlags) => {
      const { fitPrediction } = await import('./run.js');
      await fitPrediction(files, flags, signal);
    });
}
