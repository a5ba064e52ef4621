import type { Command } from 'commander';
import { addJsonOption, type JsonFlag } from '../../options/json.js';
import { days } from '../../options/days.js';
import { MODEL_SPEC } from '../../options/model.js';
import type { PruneFlags } from './model-prune.js';

/** Adds `halfspace model` and its four commands. */
export function addModel(program: Command, signal: AbortSignal): void {
  const model = program
    .command('model')
    .summary('fetch models and look into them')
    .description('Fetches models and looks into them.');
  addPull(model, signal);
  addList(model);
  addInspect(model, signal);
  addPrune(model);
}

function addPull(model: Command, signal: AbortSignal): void {
  const command = model
    .command('pull')
    .summary('fetch a model and verify it')
    .description(
      'Fetches a model, verifies it and puts it in the cache. Does nothing if it is there already.',
    )
    .argument('[spec]', MODEL_SPEC);
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace model pull')
    .action(async (spec: string | undefined, flags: JsonFlag) => {
      const { pullModel } = await import('./model-pull.js');
      await pullModel(spec, flags, signal);
    });
}

function addList(model: Command): void {
  const command = model
    .command('list')
    .summary('list the models known by name')
    .description(
      'Lists the models that are known by name, which of them are in the cache, and what is compiled: its size, and when it was last used.',
    );
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace model list')
    .action(async (flags: JsonFlag) => {
      const { listModels } = await import('./model-list.js');
      await listModels(flags);
    });
}

function addInspect(model: Command, signal: AbortSignal): void {
  const command = model
    .command('inspect')
    .summary('show what a model is made of')
    .description(
      'Shows what a model is made of, what it needs of this machine in each precision, and whether that fits. Fetches it first if need be.',
    )
    .argument('[spec]', MODEL_SPEC);
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace model inspect ./SmolLM2-135M-Instruct.Q4_1.gguf')
    .action(async (spec: string | undefined, flags: JsonFlag) => {
      const { inspectModel } = await import('./model-inspect.js');
      await inspectModel(spec, flags, signal);
    });
}

function addPrune(model: Command): void {
  const command = model
    .command('prune')
    .summary('remove what is old from the cache')
    .description(
      'Removes of the cache what is old and can be made again: compiled models of an older version, of a model that is gone, or not used for long; what killed processes left; old fingerprints of files. Models that were fetched stay, and so does what a program has loaded or is making.',
    )
    .option(
      '--older-than <time>',
      'what has not been used for so long: days, or 4w, 6m, 1y (default: 30d)',
      days,
    )
    .option('--all', 'all compiled models that no program has loaded')
    .option('--dry-run', 'remove nothing, and show what would be removed');
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace model prune --dry-run')
    .action(async (flags: PruneFlags) => {
      const { pruneModels } = await import('./model-prune.js');
      await pruneModels(flags);
    });
}
