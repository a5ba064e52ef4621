import { Option, type Command } from 'commander';
import { integer } from './number.js';

/** What every command that runs a model takes. */
export interface ModelFlags {
  readonly model?: string;
  readonly precision?: 'f32' | 'int8';
  readonly threads?: number;
}

/** How a model is named on the command line. */
export const MODEL_SPEC =
  'a path, a known name, or org/name on the hub (default: that of the config, or smollm2-135m-instruct)';

/** Adds {@link ModelFlags} to a command. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--model <spec>', `which model: ${MODEL_SPEC}`)
    .addOption(
      new Option(
        '--precision <kind>',
        'arithmetic: that of the published weights, or eight bits (default: the faster one here)',
      ).choices(['f32', 'int8']),
    )
    .option('--threads <n>', 'threads to run it with (default: all cores)', integer({ min: 1 }));
}
