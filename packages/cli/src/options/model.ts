import type { Arithmetic, Device } from '@halfspace/backend-onnx';
import { type Command, Option } from 'commander';
import { integer } from './number.js';

/** What every command that runs a model takes. */
export interface ModelFlags {
  readonly model?: string;
  readonly precision?: Arithmetic;
  readonly device?: Device | 'auto';
  readonly threads?: number;
  readonly controlTokens?: true;
  readonly chatTemplate?: string;
}

/** What `--precision` takes. */
export const ARITHMETICS = ['f32', 'int8', 'int4', 'f16'] as const satisfies readonly Arithmetic[];

/** What `--device` takes. */
export const DEVICE_NAMES = ['auto', 'cpu', 'webgpu', 'cuda', 'coreml', 'dml'] as const satisfies readonly (
  | Device
  | 'auto'
)[];

/** How a model is named on the command line. */
export const MODEL_SPEC =
  'a path, a known name, or org/name on the hub (default: that of the config, or smollm2-135m-instruct)';

/** The arithmetic where nothing is said, for {@link addModelOptions}: of commands whose figures are compared between machines. */
export const ALWAYS_F32 = 'f32, whatever the config says: figures are compared between machines';

/**
 * Adds {@link ModelFlags} to a command.
 *
 * @param precision - What is done where it is left out.
 */
export function addModelOptions(
  command: Command,
  precision = 'that of the config, or the fastest here that fits',
): Command {
  return command
    .option('--model <spec>', `which model: ${MODEL_SPEC}`)
    .addOption(
      new Option(
        '--precision <kind>',
        `arithmetic: that of the published weights, eight bits (processor), half precision (GPU), or four bits: on the processor the four-bit weights of the file as they are (default: ${precision})`,
      ).choices(ARITHMETICS),
    )
    .addOption(
      new Option(
        '--device <name>',
        'what runs the model: the processor, a GPU by WebGPU, the faster of both (auto), or, untested, CUDA, CoreML or DirectML where ONNX Runtime has them (default: that of the config, or cpu)',
      ).choices(DEVICE_NAMES),
    )
    .option(
      '--threads <n>',
      'threads to run it with, as many as there are cores at most (default: all cores)',
      integer({ min: 1 }),
    )
    .option(
      '--control-tokens',
      'take control tokens such as <|im_start|> in prompts and texts for what they spell (default: they are text); not for texts of others',
    )
    .option(
      '--chat-template <file>',
      'chat template (Jinja, as in chat_template.jinja) in place of that of the model, or for a model that has none',
    );
}

/** So that figures can be compared: which arithmetic is the faster one differs between methods and machines. */
export const PRECISION = 'f32';
