import type { Command } from 'commander';
import { addJsonOption, type JsonFlag } from '../../options/json.js';
import { MODEL_SPEC } from '../../options/model.js';

/** Adds `halfspace model` and its three commands. */
export function addModel(program: Command, signal: AbortSignal): void {
  const model = program
    .command('model')
    .summary('fetch models and look into them')
    .description('Fetches models and looks into them.');
  addPull(model, signal);
  addList(model);
  addInspect(model, signal);
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
    .description('Lists the models that are known by name, and which of them are in the cache.');
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
    .description('Shows what a model is made of. Fetches it first if need be.')
    .argument('[spec]', MODEL_SPEC);
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace model inspect ./SmolLM2-135M-Instruct.Q4_1.gguf')
    .action(async (spec: string | undefined, flags: JsonFlag) => {
      const { inspectModel } = await import('./model-inspect.js');
      await inspectModel(spec, flags, signal);
    });
}
