import { complaintOf, describeValue } from '../complaint-of.js';
import { seal } from '../plugin/check-plugin.js';
import type { Judge, JudgedText, JudgeOptions } from './judge.js';
import { SPECIFICATION_VERSIONS } from '../specification-version.js';
import { checkDefinition, timeoutFault } from '../plugin/definition.js';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from '../errors.js';
import { checkName } from '../plugin/plugin-name.js';
import { readAnswer } from '../plugin/read-answer.js';
import { waitFor } from '../waiting/wait-for.js';

/** What an author writes to declare a judge. */
export interface JudgeDefinition extends Pick<Judge, 'name' | 'description' | 'revision' | 'desired'> {
  /** The score from which on a completion counts as what `description` says, above 0 and below 1 (default 0.5). */
  readonly threshold?: number;
  /** Milliseconds that an answer may take, above 0 (default: as many as it takes; {@link JudgeOptions.onWaiting} tells). */
  readonly timeoutMs?: number;
  /** One score from 0 to 1 for each text, in their order. Never asked about no text. */
  score(
    texts: readonly JudgedText[],
    signal: AbortSignal | undefined,
  ): ArrayLike<number> | PromiseLike<ArrayLike<number>>;
  /** Gives back what the judge holds (default: nothing to give back). */
  dispose?(): Promise<void> | void;
}

/**
 * Declares a judge. The definition is checked and frozen; every answer is checked as well, so that whoever
 * asks a judge has as many scores from 0 to 1 as texts, or an error.
 *
 * @throws HalfspaceError `bad-judge` when the definition is no object, the name is not kebab-case, description or revision are empty,
 * `desired` is neither `low` nor `high`, the threshold is not between 0 and 1, `timeoutMs` cannot be, or `score` or `dispose` is no function
 */
export function defineJudge(definition: JudgeDefinition): Judge {
  checkDefinition('judge', definition);
  const { name, description, revision, desired, threshold = 0.5, timeoutMs } = definition;
  checkName('judge', name);
  for (const [what, value] of Object.entries({ description, revision })) {
    if (typeof value !== 'string' || value.trim() === '') fail(name, `has no ${what}.`);
  }
  if (desired !== 'low' && desired !== 'high') fail(name, 'must say which scores are desired: low or high.');
  if (!(typeof threshold === 'number' && threshold > 0 && threshold < 1))
    fail(name, `has the threshold ${describeValue(threshold)}; give one between 0 and 1.`);
  const fault = timeoutMs === undefined ? undefined : timeoutFault(timeoutMs);
  if (fault !== undefined) fail(name, fault);
  if (typeof definition.score !== 'function') fail(name, 'needs a function score.');
  if (!['undefined', 'function'].includes(typeof definition.dispose)) {
    fail(name, 'has a dispose that is no function.');
  }
  return seal('judge', {
    specificationVersion: SPECIFICATION_VERSIONS.judge,
    name,
    description,
    revision,
    desired,
    threshold,
    score: async (texts: readonly JudgedText[], options = {}) => ask(definition, texts, options),
    dispose: async () => disposeOf(definition),
  } satisfies Judge);
}

async function ask(
  definition: JudgeDefinition,
  texts: readonly JudgedText[],
  { signal, onWaiting }: JudgeOptions,
): Promise<Float64Array> {
  throwIfAborted(signal);
  if (texts.length === 0) return new Float64Array();
  const { timeoutMs } = definition;
  const who = nameOf(definition);
  return guarded(definition, signal, async () => {
    // An exception of a function that is not async becomes a rejection, too.
    const answer = (async () => definition.score(texts, signal))();
    return scoresIn(await waitFor<unknown>(answer, { who, timeoutMs, signal, onWaiting }), texts.length);
  });
}

async function disposeOf(definition: JudgeDefinition): Promise<void> {
  const who = `${nameOf(definition)} to give back what it holds`;
  await guarded(definition, undefined, async () => {
    await waitFor<unknown>((async () => definition.dispose?.())(), { who });
  });
}

/** What a judge throws becomes an error that names it. */
async function guarded<T>(
  definition: JudgeDefinition,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throwIfAborted(signal);
    if (isHalfspaceError(cause)) throw cause;
    const complaint = complaintOf(cause).replace(/\.?$/, '.');
    throw new HalfspaceError('judge-failed', `The judge "${definition.name}" failed: ${complaint}`, {
      cause,
    });
  }
}

function nameOf({ name }: JudgeDefinition): string {
  return `the judge "${name}"`;
}

/** The scores of an answer, which may be anything. */
function scoresIn(answer: unknown, count: number): Float64Array {
  const scores = readAnswer(answer, { items: 'scores', subjects: 'texts', count });
  return Float64Array.from(scores, (score, text) => {
    if (typeof score === 'number' && score >= 0 && score <= 1) return score;
    throw new RangeError(
      `the score of text ${text} (from 0) is ${describeValue(score)}, which is not from 0 to 1`,
    );
  });
}

function fail(name: string, complaint: string): never {
  throw new HalfspaceError('bad-judge', `The judge "${name}" ${complaint}`);
}
