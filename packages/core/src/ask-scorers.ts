import type { ScoringAttribute } from './contracts/attribute.js';
import type { ScoreStep } from './contracts/step.js';
import { HalfspaceError, throwIfAborted } from './errors.js';
import { onAbort } from './on-abort.js';
import { pluginFailure } from './plugin-failure.js';

/** What is asked of scoring attributes, and where in the completion. */
export interface Question extends Omit<ScoreStep, 'signal'> {
  /** Number of the step, from 0; for messages. */
  readonly step: number;
}

/**
 * The margins that some scoring attributes give to the candidates of a step. They are asked at once; when
 * one fails, the signal tells the others that their answers are of no more use.
 *
 * @returns For each attribute, one finite margin per candidate.
 * @throws HalfspaceError `attribute-failed`, whatever an attribute did; `aborted`
 */
export async function askScorers(
  scorers: readonly ScoringAttribute[],
  question: Question,
  signal: AbortSignal | undefined,
): Promise<ArrayLike<number>[]> {
  const controller = new AbortController();
  throwIfAborted(signal);
  const ignore = signal && onAbort(signal, () => controller.abort(signal.reason));
  try {
    return await Promise.all(scorers.map(async (scorer) => ask(scorer, question, controller.signal)));
  } catch (error) {
    throwIfAborted(signal);
    controller.abort(error);
    throw error;
  } finally {
    ignore?.();
  }
}

async function ask(
  scorer: ScoringAttribute,
  { step, prompt, prefix, candidates, hidden }: Question,
  signal: AbortSignal,
): Promise<ArrayLike<number>> {
  const own: ScoreStep = {
    prompt,
    prefix,
    candidates,
    hidden(layer) {
      if (scorer.layers.includes(layer)) return hidden(layer).slice();
      throw new HalfspaceError('unknown-layer', `Layer ${layer} is not among the attribute's layers.`);
    },
    signal,
  };
  const time = limit(scorer.timeoutMs, signal);
  try {
    const answer = await Promise.race([answerOf(scorer, own), time.up]);
    const fault = faultOf(answer, candidates.length);
    if (fault === undefined) return answer;
    throw new Error(fault);
  } catch (cause) {
    throw pluginFailure('attribute', scorer.name, step, cause);
  } finally {
    time.clear();
  }
}

/** An exception of a function that is not async becomes a rejection, too. */
async function answerOf(scorer: ScoringAttribute, step: ScoreStep): Promise<ArrayLike<number>> {
  return scorer.score(step);
}

/** A promise that rejects when the time is up or nobody waits any more. */
function limit(timeoutMs: number, signal: AbortSignal): { up: Promise<never>; clear(): void } {
  let clear = () => {};
  const up = new Promise<never>((_, reject) => {
    const stop = () => reject(new Error('it was not waited for'));
    const timer = setTimeout(() => reject(new Error(`it gave no answer within ${timeoutMs} ms`)), timeoutMs);
    const ignore = onAbort(signal, stop);
    clear = () => {
      clearTimeout(timer);
      ignore();
    };
  });
  return { up, clear };
}

/** What is wrong with an answer, which may be anything. */
function faultOf(answer: unknown, candidates: number): string | undefined {
  if (!Array.isArray(answer) && !ArrayBuffer.isView(answer)) {
    return `it gave ${String(answer)} and not a list of margins`;
  }
  const margins = Array.from(answer as ArrayLike<unknown>);
  if (margins.length !== candidates) {
    return `it gave ${margins.length} margins for ${candidates} candidates`;
  }
  const wrong = margins.findIndex((margin) => typeof margin !== 'number' || !Number.isFinite(margin));
  return wrong < 0 ? undefined : `the margin of candidate ${wrong} is ${String(margins[wrong])}`;
}
