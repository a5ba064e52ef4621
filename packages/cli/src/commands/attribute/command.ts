import { type Command, Option } from 'commander';
import { addJsonOption } from '../../options/json.js';
import type { AttributeKind, AttributeNewFlags } from './flags.js';

/** Adds `halfspace attribute` and its command. */
export function addAttribute(program: Command): void {
  const attribute = program
    .command('attribute')
    .summary('begin an attribute of your own')
    .description('Makes packages for attributes of your own.');
  addNew(attribute);
}

const EXAMPLES = `
An attribute is named by what is true of the text on its positive side, as an adjective:
formal, brief, nontoxic. Words are lower-case and joined by hyphens.

A linear attribute needs nothing but texts with labels. A scoring one is a
function of the text, such as a word list or a reward model.

Examples:
  $ halfspace attribute new formal
  $ halfspace attribute new no-shouting --kind scoring --directory plugins/calm`;

function addNew(attribute: Command): void {
  const command = attribute
    .command('new')
    .summary('make a package for an attribute')
    .description(
      'Makes a package for an attribute, to be filled in: its definition, a test that passes, example data, ' +
        'a README that becomes its model card. It works at once with --attribute ./DIRECTORY.',
    )
    .argument(
      '<name>',
      'what is true of the text on its positive side, as an adjective such as formal or low-noise',
    )
    .option('--directory <path>', 'where to make it; new or empty (default: the name)')
    .addOption(
      new Option('--kind <kind>', 'fitted on labelled texts, or computed by a function')
        .choices(['linear', 'scoring'] satisfies AttributeKind[])
        .default('linear'),
    );
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, flags: AttributeNewFlags) => {
      const { newAttribute } = await import('./run.js');
      await newAttribute(name, flags);
    });
}
