import { type Command, Option } from 'commander';
import { ATTRIBUTE_SPEC, collectAttributes } from '../../options/attribute.js';
import { addControlOptions } from '../../options/control.js';
import { addDecodingOptions } from '../../options/decoding.js';
import { addForbidOptions } from '../../options/forbid.js';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import { addRedrawOptions } from '../../options/redraw.js';
import { addStructureOptions } from '../../options/structure.js';
import type { GenerateFlags } from './flags.js';

const EXAMPLES = `
Examples:
  $ halfspace generate "My neighbour said that"
  $ halfspace generate "My neighbour said that" --attribute nontoxic=2
  $ halfspace generate "My neighbour said that" --attribute nontoxic=4 --budget 0.1
  $ halfspace generate "My neighbour said that" --attribute 'nontoxic=4-3*progress'
  $ halfspace generate "My neighbour said that" --formula '2*min(nontoxic, truthful)'
  $ halfspace generate "My neighbour said that" --chance 'nontoxic>=0:0.95' --keep helpful
  $ halfspace generate "My neighbour said that" --attribute nontoxic=1 --redraw-if-mean-below nontoxic=0
  $ halfspace generate "Dear Sir," --attribute ./formal.json --samples 3
  $ halfspace generate --chat "Why is the sky blue?" --stop $'\\n\\n'
  $ halfspace generate --chat "Why is the sky blue?" --begin "The sky is blue because"
  $ halfspace generate "The captain" --forbid ship --forbid @words.txt
  $ halfspace generate --chat "Describe my neighbour." --json-schema person.json --attribute nontoxic=2
  $ halfspace generate "The captain" --attribute nontoxic=2 --trace trace.jsonl
  $ halfspace generate --prompts prompts.jsonl --json > completions.jsonl`;

/** Adds `halfspace generate`. */
export function addGenerate(program: Command, signal: AbortSignal): void {
  const command = program
    .command('generate')
    .summary('complete prompts, steered towards attributes')
    .description(
      'Completes a prompt, or every prompt of a file. With attributes, each token is chosen with an eye to ' +
        'what it does to the text: the larger the weight, the more that counts.',
    )
    .argument('[prompt]', 'text that the model goes on with')
    .option(
      '--prompts <file>',
      'rows with a "prompt" or "messages" (.jsonl, .json, .csv, .tsv, .parquet), or plain text with one prompt a line; - reads stdin',
    )
    .option('--chat', 'give each prompt to the model as the turn of a user')
    .option('--begin <text>', "how the assistant's turn begins, which the model goes on with; with --chat")
    .option(
      '--attribute <name[=weight]>',
      `steer by ${ATTRIBUTE_SPEC}; the weight is 1 if left out, 0 only measures, below 0 steers away, and one such as 4-3*progress changes with the text; may be repeated`,
      collectAttributes,
    )
    .option('--weights <file>', 'steer by the weights that halfspace tune --out wrote')
    .option('--allow-modules', 'let the file of --weights name modules, whose code is then run')
    .option('--formula <formula>', 'steer by what a formula makes of the margins, instead of by weights')
    .addOption(
      new Option('--bonus <kind>', "how margins become a bonus; softmax is the SASA paper's")
        .choices(['margin', 'softmax'])
        .default('margin'),
    )
    .addOption(
      new Option('--look-ahead <way>', 'lazy runs only candidates that can still win; the text is the same')
        .choices(['lazy', 'eager'])
        .default('lazy'),
    )
    .option('--trace <file>', 'write every step with its candidates to a file; halfspace explain draws it');
  addJsonOption(
    addModelOptions(
      addStructureOptions(addForbidOptions(addRedrawOptions(addControlOptions(addDecodingOptions(command))))),
    ),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (prompt: string | undefined, flags: GenerateFlags) => {
      if ((prompt === undefined) === (flags.prompts === undefined)) {
        const given = prompt === undefined ? 'neither' : 'both';
        command.error(`error: Give either a prompt or --prompts; got ${given}.`, { code: 'usage' });
      }
      const { generate } = await import('./run.js');
      await generate(prompt, flags, signal);
    });
}
