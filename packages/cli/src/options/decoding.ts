import type { AnyDecodeOptions } from '@halfspace/core';
import type { Command } from 'commander';
import { type CapFlags, collectCaps } from './caps.js';
import { integer, number } from './number.js';
import { collectTexts } from './texts.js';

/** How a token is drawn. */
export interface SamplingFlags {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly seed: number;
}

/** How completions are drawn. */
export interface DecodingFlags extends SamplingFlags {
  readonly cap?: CapFlags;
  readonly maxTokens: number;
  readonly samples: number;
  readonly earlyExit?: boolean;
  readonly stop?: readonly string[];
}

/** Adds {@link DecodingFlags} to a command. */
export function addDecodingOptions(command: Command): Command {
  command
    .option(
      '--cap <margin>',
      'up to which margin a candidate is the better for it, none for no limit; of one attribute as NAME=MARGIN; may be repeated (default: what comes with each attribute)',
      collectCaps,
    )
    .option('--early-exit', 'read attributes where candidates can stop: faster, and a little blunter')
    .option('--max-tokens <n>', 'longest completion, in tokens', integer({ min: 1 }), 64)
    .option('--samples <n>', 'completions of each prompt', integer({ min: 1, max: 2 ** 32 - 1 }), 1);
  return addSamplingOptions(command).option(
    '--stop <text>',
    'end a completion before this text; may be repeated',
    collectTexts,
  );
}

/** Adds {@link SamplingFlags} to a command. */
export function addSamplingOptions(command: Command): Command {
  return command
    .option(
      '--temperature <t>',
      'of the draw, after all re-weighting; 0 takes the most probable token',
      number({ min: 0 }),
      1,
    )
    .option(
      '--top-p <p>',
      'share of the probability that candidates make up',
      number({ above: 0, max: 1 }),
      0.9,
    )
    .option('--top-k <k>', 'most candidates for a token; 0 for no limit', integer({ min: 0 }), 10)
    .option(
      '--seed <n>',
      'the same seed gives the same completions',
      integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      0,
    );
}

/** What the flags say as it is. */
export function decodingOf(flags: DecodingFlags): AnyDecodeOptions {
  const { cap, earlyExit = false, maxTokens, samples, temperature, topP, topK, seed, stop = [] } = flags;
  return {
    ...(cap?.all !== undefined && { cap: cap.all }),
    earlyExit,
    maxTokens,
    samples,
    temperature,
    topP,
    topK,
    seed,
    stop,
  };
}
