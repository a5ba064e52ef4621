import { type Command, Option } from 'commander';
import { addJsonOption } from '../../options/json.js';
import { integer } from '../../options/number.js';
import type { ExplainFlags } from './flags.js';

const EXAMPLES = `
Of each token it shows the probability in the model's own distribution and after
re-weighting, the margins of the text with it, and the KL divergence of the step.

Examples:
  $ halfspace generate "My boss is such a" --attribute nontoxic=2 --trace trace.jsonl
  $ halfspace explain trace.jsonl
  $ halfspace explain trace.jsonl --step 3
  $ halfspace explain trace.jsonl --attribute nontoxic --html trace.html`;

/** Adds `halfspace explain`. */
export function addExplain(program: Command, signal: AbortSignal): void {
  const command = program
    .command('explain')
    .summary('show how completions came about, step by step')
    .description('Draws the trace that "halfspace generate --trace" wrote: what steering did to each token.')
    .argument('<trace>', 'file with the trace; - reads stdin')
    .option('--attribute <name>', 'whose margins colour the text (default: the first that was steered by)')
    .option('--completion <n>', 'only this line of the trace, from 0', integer({ min: 0 }))
    .addOption(
      new Option('--step <n>', 'all candidates of this step, from 0')
        .argParser(integer({ min: 0 }))
        .conflicts(['html', 'json']),
    )
    .option('--html <file>', 'write a page instead: HTML that needs nothing else');
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: ExplainFlags) => {
      const { explain } = await import('./run.js');
      await explain(path, flags, signal);
    });
}
