import { isHalfspaceError } from '@halfspace/contracts';
import { marginsOf } from '../step/margins/margins-of.js';
import { tokenText } from '../text/token-text.js';
import type { TokenFigures } from './completion.js';
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
  run: DecodeRun,
): Ending | undefined {
  const { tokenizer, options } = run;
  const { assembler, key, ready, held, tokens, trace } = live;
  const which = { promptIndex: ready.index, sample: key.sample };
  const failed = isHalfspaceError(ending);
  if (options.trace && !failed) held.push({ type: 'step', ...which, step: trace[trace.length - 1] });
  if (options.streamTokens && !failed) held.push({ type: 'token', ...which, ...tokenFigures(live, run) });
  let text = failed || ending === 'end' ? '' : assembler.push(tokenizer.bytes(tokens[tokens.length - 1]));
  const reason = assembler.stopped ? 'stop' : ending;
  if (reason !== undefined) text += assembler.end();
  if (text !== '') held.push({ type: 'text', ...which, text });
  return reason;
}

/** The figures of the latest token. */
function tokenFigures(live: LiveCompletion, { attributes, options, tokenizer }: DecodeRun): TokenFigures {
  const at = live.tokens.length - 1;
  const token = live.tokens[at];
  const margins = marginsOf(live.state, attributes);
  return {
    token,
    text: tokenText(tokenizer, token),
    logprob: live.logprobs[at],
    ...(options.topLogprobs > 0 && { topLogprobs: live.topLogprobs[at] }),
    margins: Object.fromEntries(attributes.map(({ name }, a) => [name, margins[a]])),
    kl: live.kl,
    evaluations: live.evaluations,
  };
}
