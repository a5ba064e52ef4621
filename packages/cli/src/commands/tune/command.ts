import { type Command, Option } from 'commander';
import { ATTRIBUTE_SPEC, collectConstant } from '../../options/attribute.js';
import { collectLevels } from '../../options/control.js';
import { addDecodingOptions } from '../../options/decoding.js';
import { addJsonOption } from '../../options/json.js';
import { addModelOptions } from '../../options/model.js';
import { integer, number } from '../../options/number.js';
import { PRESET_NAMES } from '../../options/preset.js';
import type { TuneFlags } from './flags.js';

const EXAMPLES = `
Part of the prompts is completed to find the weights, with every candidate looked at. The
others are completed with the weights found, and with smaller and larger ones: what is
reported is measured there. Tune with the options that you will generate with.

Examples:
  $ halfspace tune --prompts prompts.txt --attribute nontoxic --preset balanced
  $ halfspace tune --prompts prompts.txt --attribute nontoxic=2 --attribute helpful=1 --kl 0.1
  $ halfspace tune --prompts prompts.txt --at-least nontoxic=0.5 --out weights.json --html frontier.html
  $ halfspace generate "My neighbour said that" --weights weights.json`;

/** Adds `halfspace tune`. */
export function addTune(program: Command, signal: AbortSignal): void {
  const command = program
    .command('tune')
    .summary('find weights for how far to go, or how far to get')
    .description(
      'Finds the weights of attributes that move tokens by as much as you say, or that bring margins to the ' +
        'levels you name, and measures on other prompts what they bring and what they cost.',
    )
    .requiredOption(
      '--prompts <file>',
      'prompts of the kind that you will complete: rows with a "prompt" (.jsonl, .json, .csv, .tsv, .parquet), or plain text with one a line; - reads stdin',
    )
    .option('--chat', 'give each prompt to the model as the turn of a user')
    .option(
      '--attribute <name[=weight]>',
      `tune ${ATTRIBUTE_SPEC}; weights (1 if left out) say how much attributes count beside one another; may be repeated`,
      collectConstant,
    )
    .option(
      '--kl <nats>',
      'move tokens by so much from the model, on average: scales all weights together',
      number({ above: 0 }),
    )
    .addOption(
      new Option('--preset <name>', 'the same in words: 0.05, 0.15 or 0.5 nats').choices(PRESET_NAMES),
    )
    .option(
      '--at-least <name=margin>',
      'bring the margin of texts to this on average, with as little weight as it takes; may be repeated',
      collectLevels('at-least'),
    )
    .option(
      '--at-most <name=margin>',
      'bring it down to this on average; may be repeated',
      collectLevels('at-most'),
    )
    .option(
      '--sample <n>',
      'prompts to tune on; the others are measured on (default: half of them, at most 50)',
      integer({ min: 1 }),
    )
    .option('--out <file>', 'write the weights to a file that generate --weights takes')
    .option('--html <file>', 'write a page with what they bring and cost: HTML that needs nothing else');
  addJsonOption(addModelOptions(addDecodingOptions(command)))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: TuneFlags) => {
      const complaint = complaintAbout(flags);
      if (complaint !== undefined) command.error(`error: ${complaint}`, { code: 'usage' });
      const { tune } = await import('./run.js');
      await tune(flags, signal);
    });
}

/** What is wrong with the goal, if anything. */
function complaintAbout({ attribute, kl, preset, atLeast, atMost }: TuneFlags): string | undefined {
  const levels = atLeast ?? atMost;
  const goals = [kl, preset, levels].filter((goal) => goal !== undefined);
  if (goals.length !== 1) {
    return `Say what the weights are for, in one way: --kl, --preset, or --at-least and --at-most; got ${goals.length === 0 ? 'none' : 'several'}.`;
  }
  if (levels === undefined && attribute === undefined) {
    return 'Name the attributes whose weights are to be found, with --attribute.';
  }
  return undefined;
}
