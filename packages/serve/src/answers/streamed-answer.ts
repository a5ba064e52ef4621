import type { Completion, StreamEvent, TokenFigures } from '@halfspace/core';
import { event } from '../http/sse.js';
import { completionFigures, finishReason, tokenFigures, usageOf } from './figures.js';
import { writtenTokens } from './logprobs.js';
import type { ChoiceWriter } from './choice-writer.js';
import type { AnswerShape } from './shape.js';
import { assertNoFailure, type RequestFigures } from './whole-answer.js';

interface ChoiceState {
  readonly writer: ChoiceWriter;
  /** Whether a chunk of it was sent. */
  begun: boolean;
  /** Tokens that have come since its last chunk, and how many were sent before. */
  waiting: TokenFigures[];
  sent: number;
  /** Characters of its tokens that were sent. */
  offset: number;
}

/**
 * Completions of a request as events, to the last `[DONE]`.
 *
 * @param samples - Completions of each prompt.
 * @param includeUsage - Whether a last chunk says how many tokens there were.
 */
export async function* streamedAnswer(
  events: AsyncIterable<StreamEvent>,
  samples: number,
  shape: AnswerShape,
  figures: RequestFigures,
  includeUsage: boolean,
): AsyncGenerator<string, void> {
  const states = new Map<number, ChoiceState>();
  const completions: Completion[] = [];
  const usage = includeUsage ? { usage: null } : {};
  let first = true;

  function chunk(index: number, choice: object): string {
    const whole = {
      ...shape.chunkHead,
      choices: [{ index, ...choice }],
      ...usage,
      ...(first && { halfspace: figures }),
    };
    first = false;
    return event(whole);
  }

  function* open(index: number, state: ChoiceState) {
    if (!state.begun && shape.opens) {
      yield chunk(index, { ...shape.piece('', true), logprobs: null, finish_reason: null });
    }
    state.begun = true;
  }

  for await (const each of events) {
    if (each.type === 'step') continue;
    const { promptIndex, sample } = each.type === 'completion' ? each.completion : each;
    const index = promptIndex * samples + sample;
    const state = states.get(index) ?? openChoice(shape);
    states.set(index, state);
    if (each.type === 'token') {
      state.waiting.push(each);
      continue;
    }
    if (each.type === 'completion') assertNoFailure(each.completion.error);
    yield* open(index, state);
    const pieces = each.type === 'text' ? state.writer.push(each.text) : state.writer.end();
    for (const piece of pieces) yield chunk(index, { ...piece, ...takeTokens(state, shape) });
    if (each.type === 'text') continue;
    const { completion } = each;
    completions.push(completion);
    yield chunk(index, {
      ...shape.piece('', false),
      logprobs: shape.logprobs(writtenTokens(completion).slice(state.sent), state.offset),
      finish_reason: finishReason(completion, state.writer.hasCalled),
      halfspace: completionFigures(completion),
    });
  }
  if (includeUsage) yield event({ ...shape.chunkHead, choices: [], usage: usageOf(completions) });
  yield event('[DONE]');
}

function openChoice(shape: AnswerShape): ChoiceState {
  return { writer: shape.openChoice(), begun: false, waiting: [], sent: 0, offset: 0 };
}

/** What a chunk says besides its text: the tokens that have come since the last one. */
function takeTokens(state: ChoiceState, shape: AnswerShape): object {
  const tokens = state.waiting.splice(0);
  const logprobs = shape.logprobs(tokens, state.offset);
  state.sent += tokens.length;
  state.offset += tokens.reduce((sum, { text }) => sum + text.length, 0);
  return {
    logprobs,
    finish_reason: null,
    ...(tokens.length > 0 && { halfspace: tokenFigures(tokens[tokens.length - 1]) }),
  };
}
