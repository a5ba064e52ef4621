import type { Command } from 'commander';
import { ATTRIBUTE_SPEC, collectNames } from '../../options/attribute.js';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import type { ScoreFlags } from './flags.js';

const EXAMPLES = `
Margins are log-odds: above 0 is the desired side. There is the margin after
the last token, and the mean and the minimum over all tokens of the response.
The probability is that of the last margin.

Examples:
  $ halfspace score --attribute nontoxic --input texts.jsonl
  $ echo '{"response": "Thank you."}' | halfspace score --attribute nontoxic \\
      --input - --json`;

/** Adds `halfspace score`. */
export function addScore(program: Command, signal: AbortSignal): void {
  const command = program
    .command('score')
    .summary('report on which side of an attribute texts lie')
    .description('Reads the margins of texts that are already written.')
    .requiredOption('--attribute <name...>', `${ATTRIBUTE_SPEC}; may be repeated`, collectNames)
    .requiredOption(
      '--input <file>',
      'rows with a "response" and, if there is one, its "prompt": JSON lines, .json, .csv, .tsv or .parquet; - reads stdin',
    );
  addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ScoreFlags) => {
      const { score } = await import('./run.js');
      await score(flags, signal);
    });
}
