import {
  describeValue,
  HalfspaceError,
  type ScoreStep,
  type ScoringAttribute,
  throwIfAborted,
  waitFor,
} from '@halfspace/contracts';
import { onAbort, readAnswer } from '@halfspace/contracts/internal';
import { pluginFailure } from './plugin-failure.js';

/** What is asked of scoring attributes, and where in the completion. */
export interface ScoreRequest extends Omit<ScoreStep, 'signal'> {
  /** Number of the step, from 0; for messages. */
  readonly step: number;
}

/**
 * The margins that some scoring attributes give to the candidates of a step. They are asked at once; when
 * one fails, the signal tells the others that their answers are of no more use.
 *
 * @returns For each attribute, one finite margin per candidate: a copy, which no plugin can change any more.
 * @throws HalfspaceError `attribute-failed`, whatever an attribute did; `aborted`
 */
export async function scoreCandidates(
  scorers: readonly ScoringAttribute[],
  question: ScoreRequest,
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
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
  { step, prompt, prefix, candidates, hidden }: ScoreRequest,
  signal: AbortSignal,
): Promise<Float64Array> {
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
  const { name, timeoutMs } = scorer;
  try {
    const answer = await waitFor(answerOf(scorer, own), {
      who: `the attribute "${name}"`,
      timeoutMs,
      signal,
    });
    return marginsIn(answer, candidates.length);
  } catch (cause) {
    throw pluginFailure('attribute', name, step, cause);
  }
}

/** An exception of a function that is not async becomes a rejection, too. */
async function answerOf(scorer: ScoringAttribute, step: ScoreStep): Promise<unknown> {
  return scorer.score(step);
}

/** The margins of an answer, which may be anything. */
function marginsIn(answer: unknown, count: number): Float64Array {
  const margins = readAnswer(answer, { items: 'margins', subjects: 'candidates', count });
  return Float64Array.from(margins, (margin, candidate) => {
    if (typeof margin === 'number' && Number.isFinite(margin)) return margin;
    throw new RangeError(`the margin of candidate ${candidate} is ${describeValue(margin)}`);
  });
}
