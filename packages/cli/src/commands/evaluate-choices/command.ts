import type { Command } from 'commander';
import { addJsonOption } from '../../options/json.js';
import { collectMethods } from '../../options/method.js';
import { addModelOptions, ALWAYS_F32 } from '../../options/model.js';
import { collectTexts } from '../../options/texts.js';
import type { EvaluateChoicesFlags } from './flags.js';

const EXAMPLES = `
Nothing is written: an answer is scored by its log-likelihood and, for every token, what a
method adds to it, which is weight times margin, up to the cap. The answer with the highest
score is taken, as in the multiple choice of TruthfulQA. The plain model is always measured,
and every method compared with it question by question. Intervals are 95 %, by a bootstrap
over questions.

Methods are weights of attributes, or a file of specs such as
  [{"method": "halfspace", "weights": {"truthful": 2}, "cap": "none"}]

With --json there is one line a method and column.

Example:
  $ halfspace evaluate-choices --data mc.jsonl --choices mc1 mc2 \\
      --method truthful=2 --method nontoxic=3,truthful=2`;

/** Adds `halfspace evaluate-choices`. */
export function addEvaluateChoices(program: Command, signal: AbortSignal): void {
  const command = program
    .command('evaluate-choices')
    .summary('measure how methods of decoding answer multiple choice')
    .description('Measures which of several answers to a question the plain model and methods prefer.')
    .requiredOption(
      '--data <file...>',
      'questions: JSON lines, .json or .parquet; may be repeated; - reads stdin',
      collectTexts,
    )
    .requiredOption(
      '--choices <column...>',
      'columns of answers to choose from, {"yes": 1, "no": 0}',
      collectTexts,
    )
    .option('--prompt <column>', 'column of the question (default: question)')
    .requiredOption(
      '--method <spec...>',
      'plain, name=weight[,name=weight], or @file; may be repeated',
      collectMethods,
    )
    .option('--chat', "give questions to the model as a user's turn in its chat template");
  addJsonOption(addModelOptions(command, ALWAYS_F32))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: EvaluateChoicesFlags) => {
      const { evaluateChoices } = await import('./run.js');
      await evaluateChoices(flags, signal);
    });
}
