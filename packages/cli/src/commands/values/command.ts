import type { Command } from 'commander';
import { addDataOptions, type DataFlags } from '../../options/data.js';
import { addJsonOption, type JsonFlag } from '../../options/json.js';
import { addModelOptions, type ModelFlags } from '../../options/model.js';
import { integer } from '../../options/number.js';

/** Options of `halfspace values pack`. */
export interface PackFlags extends JsonFlag {
  readonly output: string;
  readonly baseModel: string;
  readonly licence: string;
  readonly values?: readonly string[];
}

/** Options of `halfspace values pull`. */
export interface PullFlags extends JsonFlag {
  readonly replace?: true;
}

/** Options of `halfspace values export`. */
export interface ExportFlags extends JsonFlag {
  readonly output: string;
  readonly modelHint: string;
}

/** Options of `halfspace values import`. */
export interface ImportFlags extends ModelFlags, DataFlags, JsonFlag {
  readonly attribute: string;
  readonly output: string;
  readonly layer?: number;
  readonly force?: true;
}

/** Adds `halfspace values` and its commands. */
export function addValues(program: Command, signal: AbortSignal): void {
  const values = program
    .command('values')
    .summary('share what was made for a model')
    .description(
      'Lists, packs, checks and fetches subspaces that were made for a model, and trades directions with others.',
    );
  addList(values);
  addPack(values);
  addVerify(values);
  addPull(values, signal);
  addExport(values);
  addImport(values, signal);
}

function addList(values: Command): void {
  const command = values
    .command('list')
    .summary('list the values that are here')
    .description('Lists the values in the data directory (HALFSPACE_DATA) by the model that they are of.');
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace values list')
    .action(async (flags: JsonFlag) => {
      const { listValues } = await import('./values-list.js');
      await listValues(flags);
    });
}

function addPack(values: Command): void {
  const command = values
    .command('pack')
    .summary('make a folder of values to be published')
    .description(
      'Makes a folder of the values of a model: subspaces, cards, a card with the front matter that the hub reads, and digests. ' +
        "The hub's own client publishes it: hf upload ORG/NAME FOLDER",
    )
    .argument('<model>', 'name of the model as `values list` has it, or the beginning of its fingerprint')
    .requiredOption('--output <folder>', 'where to make it; new or empty')
    .requiredOption('--base-model <repository>', 'the model on the hub, as ORG/NAME')
    .requiredOption('--licence <name>', 'licence of the folder, as the hub has it, such as apache-2.0')
    .option('--values <name...>', 'which of them (default: all)');
  addJsonOption(command)
    .addHelpText(
      'after',
      '\nExample:\n  $ halfspace values pack SmolLM2-135M-Instruct.Q4_1 --output packed \\\n      --base-model HuggingFaceTB/SmolLM2-135M-Instruct --licence apache-2.0',
    )
    .action(async (model: string, flags: PackFlags) => {
      const { packOwnValues } = await import('./values-pack.js');
      await packOwnValues(model, flags);
    });
}

function addVerify(values: Command): void {
  const command = values
    .command('verify')
    .summary('check a folder of values')
    .description(
      'Checks that a folder of values is what it says: digests, subspaces, card, and no file that it does not name.',
    )
    .argument('<folder>', 'such as `values pack` makes');
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace values verify packed')
    .action(async (folder: string, flags: JsonFlag) => {
      const { verifyFolder } = await import('./values-verify.js');
      await verifyFolder(folder, flags);
    });
}

function addPull(values: Command, signal: AbortSignal): void {
  const command = values
    .command('pull')
    .summary('fetch values from the hub')
    .description(
      'Fetches a folder of values from the hub, checks it, and puts the values where every command finds them.',
    )
    .argument('<repository>', 'ORG/NAME, or ORG/NAME@REVISION')
    .option('--replace', 'in place of values of the same names and model that are here');
  addJsonOption(command)
    .addHelpText('after', '\nExample:\n  $ halfspace values pull org/values-for-smollm2')
    .action(async (repository: string, flags: PullFlags) => {
      const { pullValues } = await import('./values-pull.js');
      await pullValues(repository, flags, signal);
    });
}

const LOST = `
A control vector is added to hidden states; a subspace reads them. What a file of
directions cannot hold is lost: the offset, the calibration as log-odds, the
model's fingerprint, and how the covariance was shrunk. The direction is written
so that adding it once raises the margin at its layer by 1. The best direction
to add may be another than the best to read.`;

function addExport(values: Command): void {
  const command = values
    .command('export')
    .summary('write directions for llama.cpp or repeng')
    .description(
      'Writes the direction of a subspace as a GGUF control vector or as safetensors, by the ending of the name.',
    )
    .argument('<subspace>', 'a subspace file')
    .requiredOption('--output <file>', '.gguf or .safetensors')
    .requiredOption('--model-hint <architecture>', 'architecture of the model, such as llama or gemma3');
  addJsonOption(command)
    .addHelpText(
      'after',
      `${LOST}\n\nExample:\n  $ halfspace values export calm.json --output calm.gguf --model-hint llama`,
    )
    .action(async (path: string, flags: ExportFlags) => {
      const { exportDirection } = await import('./values-export.js');
      await exportDirection(path, flags);
    });
}

function addImport(values: Command, signal: AbortSignal): void {
  const command = values
    .command('import')
    .summary('make a subspace of a control vector')
    .description(
      'Makes a subspace of a direction in a GGUF control vector or safetensors (direction.N). Labelled texts calibrate it and say how good it is.',
    )
    .argument('<file>', 'a control vector of llama.cpp or repeng, or safetensors')
    .requiredOption('--attribute <name>', 'name of the attribute')
    .requiredOption('--output <file>', 'where to write the subspace')
    .option(
      '--layer <n>',
      'which layer, if there are several: direction.N is of layer N + 1',
      integer({ min: 0 }),
    )
    .option('--force', 'keep a direction that is no better than chance');
  addJsonOption(addModelOptions(addDataOptions(command)))
    .addHelpText(
      'after',
      '\nExample:\n  $ halfspace values import calm.gguf --attribute calm --data rows.jsonl --layer 18 --output calm.json',
    )
    .action(async (path: string, flags: ImportFlags) => {
      const { importDirection } = await import('./values-import.js');
      await importDirection(path, flags, signal);
    });
}
