import type { Command } from 'commander';
import { ATTRIBUTE_SPEC, collectNames } from '../../options/attribute.js';
import { addSamplingOptions } from '../../options/decoding.js';
import { addJsonOption } from '../../options/json.js';
import { collectMethods } from '../../options/method.js';
import { addModelOptions, ALWAYS_F32 } from '../../options/model.js';
import { integer } from '../../options/number.js';
import { parseShard } from '../../options/shard.js';
import { collectSuites } from '../../options/suite.js';
import { collectTexts } from '../../options/texts.js';
import type { EvaluateFlags } from './flags.js';

const EXAMPLES = `
Everything is kept in the directory --out: the plan, the prompts, every completion as
soon as it is written, and the scores of every judge. The same command goes on where it
was stopped, however it was stopped. Without --suite and --method it judges and reports
what is there, so that judges can be added at any time.

Methods are "plain", weights of attributes, or a file of specs such as
  [{"method": "plain"},
   {"method": "halfspace", "weights": {"nontoxic": 2}, "cap": "none"},
   {"method": "sasa", "attribute": "nontoxic", "beta": 500},
   {"method": "word-filter", "words": ["@words.txt"]},
   {"method": "system-prompt", "text": "Answer politely."},
   {"method": "best-of-n", "n": 4, "weights": {"nontoxic": 1}}]

Examples:
  $ halfspace evaluate --suite prompts.jsonl --method plain --method nontoxic=2 --out run
  $ halfspace evaluate --suite rtp-challenging attaq=attaq.jsonl --limit 200 \\
      --method @methods.json --out run --shard 2/8
  $ halfspace evaluate --merge run-1 run-2 --out run
  $ halfspace evaluate --out run --judge toxicity ./judge.js --explain-worst 2
  $ halfspace evaluate --suite prompts.jsonl --method plain --out run \\
      --queue redis://localhost:6379`;

/** Adds `halfspace evaluate`. */
export function addEvaluate(program: Command, signal: AbortSignal): void {
  const command = program
    .command('evaluate')
    .summary('measure what methods of decoding do, by independent judges')
    .description(
      'Has methods complete the prompts of suites, judges score the completions, and reports figures with ' +
        'intervals and tests.',
    )
    .requiredOption('--out <directory>', 'where everything is kept')
    .option(
      '--suite <name...>',
      'prompts: a file of your own (rows with a "prompt": .jsonl, .json, .csv, .tsv or .parquet), a published suite by name, or name=file; may be repeated',
      collectSuites,
    )
    .option('--limit <n>', 'most prompts of each group of a suite', integer({ min: 1 }))
    .option(
      '--method <spec...>',
      'plain, name=weight[,name=weight], or @file; may be repeated',
      collectMethods,
    )
    .option(
      '--attribute <name...>',
      `${ATTRIBUTE_SPEC}, to be measured besides; may be repeated`,
      collectNames,
    )
    .option('--samples <n>', 'completions of each prompt', integer({ min: 1, max: 10_000 }), 25)
    .option('--max-tokens <n>', 'longest completion, in tokens', integer({ min: 1 }), 20);
  addSamplingOptions(command)
    .option('--shard <i/n>', 'complete one part of the prompts, as in 2/8', parseShard)
    .option(
      '--queue <url>',
      'have workers do it that halfspace evaluate-worker starts, by way of a Redis server',
    )
    .option('--merge <directory...>', 'put shards, or runs of other methods, together in --out', collectTexts)
    .option(
      '--judge <path...>',
      'toxicity, truthfulness, helpfulness, profanity-check, perspective, one that a module of the config adds, or a module that exports a judge',
      collectTexts,
    )
    .option(
      '--reference-model <model...>',
      'a further model to measure perplexity with; may be repeated',
      collectTexts,
    )
    .option(
      '--explain-worst <n>',
      'show how the n completions of each method came about that the first judge liked least',
      integer({ min: 1, max: 5 }),
    );
  addJsonOption(addModelOptions(command, ALWAYS_F32))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: EvaluateFlags) => {
      const { suite, method, shard, queue, merge } = flags;
      if ((suite === undefined) !== (method === undefined)) {
        command.error(
          'error: Suites and methods go together: give both, or neither to judge and report a run.',
          {
            code: 'usage',
          },
        );
      }
      if (merge !== undefined && (suite !== undefined || shard !== undefined)) {
        command.error(
          'error: --merge puts together what was done: leave out --suite, --method and --shard.',
          {
            code: 'usage',
          },
        );
      }
      if (shard !== undefined && queue !== undefined) {
        command.error('error: A queue divides the work by itself: leave out --shard.', { code: 'usage' });
      }
      const { evaluate } = await import('./run.js');
      await evaluate(flags, signal);
    });
}
