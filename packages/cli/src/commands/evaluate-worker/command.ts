import type { Command } from 'commander';
import { ATTRIBUTE_SPEC, collectNames } from '../../options/attribute.js';
import { addJsonOption } from '../../options/json.js';
import { MODEL_SPEC } from '../../options/model.js';
import { integer } from '../../options/number.js';
import type { EvaluateWorkerFlags } from './flags.js';

const EXAMPLES = `
Workers can be started and stopped at any time, on any number of machines: what one
leaves unfinished another one takes up within half a minute. They end by themselves
when the run is done. Model and attributes must be those of the run, and are compared.

Example:
  $ halfspace evaluate-worker --queue redis://build-1:6379`;

/** Adds `halfspace evaluate-worker`. */
export function addEvaluateWorker(program: Command, signal: AbortSignal): void {
  const command = program
    .command('evaluate-worker')
    .summary('help with an evaluation that has a queue')
    .description('Completes prompts of a run that was started with halfspace evaluate --queue.')
    .requiredOption('--queue <url>', 'the Redis server, as in redis://localhost:6379')
    .option('--attribute <name...>', `${ATTRIBUTE_SPEC}, where its name is not enough`, collectNames)
    .option('--model <spec>', `which model: ${MODEL_SPEC}`)
    .option(
      '--threads <n>',
      'threads to run it with, as many as there are cores at most (default: all cores)',
      integer({ min: 1 }),
    );
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: EvaluateWorkerFlags) => {
      const { evaluateWorker } = await import('./run.js');
      await evaluateWorker(flags, signal);
    });
}
