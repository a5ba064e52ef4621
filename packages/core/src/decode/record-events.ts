import { isHalfspaceError } from '@halfspace/contracts';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import type { Ending } from './outcome.js';

/**
 * Notes the latest step of a completion and its text as events.
 *
 * @param ending - Why its step ended it, if it did.
 * @returns Why it ended, if it did: its text may have come to a stop.
 */
export function recordEvents(
  live: LiveCompletion,
  ending: Ending | undefined,
  { tokenizer, options }: DecodeRun,
): Ending | undefined {
  const { assembler, key, ready, held, tokens, trace } = live;
  const which = { promptIndex: ready.index, sample: key.sample };
  const failed = isHalfspaceError(ending);
  if (options.trace && !failed) held.push({ type: 'step', ...which, step: trace[trace.length - 1] });
  let text = failed || ending === 'end' ? '' : assembler.push(tokenizer.bytes(tokens[tokens.length - 1]));
  const reason = assembler.stopped ? 'stop' : ending;
  if (reason !== undefined) text += assembler.end();
  if (text !== '') held.push({ type: 'text', ...which, text });
  return reason;
}
