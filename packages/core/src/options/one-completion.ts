import { HalfspaceError } from '@halfspace/contracts';
import type { OptionsCheck } from './check-options.js';
import type { AnyGenerateOptions } from './options.js';

/**
 * Refuses options that ask for several completions.
 *
 * @param call - What gives one alone, for the message.
 * @throws HalfspaceError `bad-option`, also for options that are refused anyway; `bad-filter`, `contract-mismatch`
 */
export function assertOneCompletion(options: AnyGenerateOptions, call: string, check: OptionsCheck): void {
  const { prompts, samples } = check(options);
  const count = (prompts?.length ?? 1) * samples;
  if (count === 1) return;
  throw new HalfspaceError(
    'bad-option',
    `${call} gives one completion, and these options ask for ${count}. Ask for one, or use generate or the events of stream.`,
  );
}
