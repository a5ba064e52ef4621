import { Command } from 'commander';
import { addAttribute } from './commands/attribute/command.js';
import { addBench } from './commands/bench/command.js';
import { addComparePrecision } from './commands/compare-precision/command.js';
import { addDecorrelate } from './commands/decorrelate/command.js';
import { addEvaluate } from './commands/evaluate/command.js';
import { addEvaluateChoices } from './commands/evaluate-choices/command.js';
import { addEvaluateWorker } from './commands/evaluate-worker/command.js';
import { addEvaluateSubspace } from './commands/evaluate-subspace/command.js';
import { addExplain } from './commands/explain/command.js';
import { addFit } from './commands/fit/command.js';
import { addFitPrediction } from './commands/fit-prediction/command.js';
import { addGenerate } from './commands/generate/command.js';
import { addModel } from './commands/model/command.js';
import { addValues } from './commands/values/command.js';
import { addPlayground } from './commands/playground/command.js';
import { addPerplexity } from './commands/perplexity/command.js';
import { addServe } from './commands/serve/command.js';
import { addScore } from './commands/score/command.js';
import { addTune } from './commands/tune/command.js';
import { noteText, write } from './terminal/output.js';
import { VERSION } from './version.js';
import { widthOf } from './terminal/width.js';

/**
 * The `halfspace` command with everything it understands. Nothing heavy is loaded here: what a command
 * needs is imported when it runs.
 *
 * @param signal - Aborted when the command is to stop.
 * @param added - What modules add, a line below the help of every command (default: none).
 */
export function createProgram(signal: AbortSignal, added = ''): Command {
  const program = new Command('halfspace')
    .description('Language models that write within your values: steer, score, fit and measure.')
    .version(VERSION)
    .configureHelp({ showGlobalOptions: false, displayWidth: widthOf })
    // Errors are written by report(), with their code; see there.
    .configureOutput({ writeOut: write, writeErr: noteText, outputError: () => undefined })
    .exitOverride()
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  $ halfspace generate "The weather in Bergen is"',
        '  $ halfspace generate "My neighbour said that" --attribute nontoxic=2',
        '',
        'Each command has its own --help. Models and what is made of them are kept in the',
        'cache directory of your system, or in the one that HALFSPACE_CACHE names. Values',
        'that you make for a model are kept in its data directory (HALFSPACE_DATA).',
      ].join('\n'),
    );
  if (added !== '') program.addHelpText('afterAll', `\n${added}`);
  addGenerate(program, signal);
  addExplain(program, signal);
  addTune(program, signal);
  addServe(program, signal);
  addPlayground(program, signal);
  addScore(program, signal);
  addFit(program, signal);
  addFitPrediction(program, signal);
  addEvaluate(program, signal);
  addEvaluateWorker(program, signal);
  addEvaluateChoices(program, signal);
  addEvaluateSubspace(program, signal);
  addDecorrelate(program, signal);
  addComparePrecision(program, signal);
  addPerplexity(program, signal);
  addBench(program, signal);
  addModel(program, signal);
  addAttribute(program);
  addValues(program, signal);
  return program;
}
