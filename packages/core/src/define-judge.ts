import { seal } from './contracts/check-plugin.js';
import type { Judge, JudgedText } from './contracts/judge.js';
import { CONTRACT_VERSION } from './contracts/version.js';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from './errors.js';
import { checkName } from './plugin-name.js';

/** What an author writes to declare a judge. */
export interface JudgeDefinition extends Pick<Judge, 'name' | 'description' | 'revision' | 'desired'> {
  /** The score from which on a completion counts as what `description` says, above 0 and below 1 (default 0.5). */
  readonly threshold?: number;
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
 * @throws HalfspaceError `bad-judge` when the name is not kebab-case, description or revision are empty,
 * `desired` is neither `low` nor `high`, the threshold is not between 0 and 1, or `score` or `dispose` is no function
 */
export function defineJudge(definition: JudgeDefinition): Judge {
  const { name, description, revision, desired, threshold = 0.5 } = definition;
  checkName('judge', name);
  for (const [what, value] of Object.entries({ description, revision })) {
    if (typeof value !== 'string' || value.trim() === '') fail(name, `has no ${what}.`);
  }
  if (desired !== 'low' && desired !== 'high') fail(name, 'must say which scores are desired: low or high.');
  if (!(threshold > 0 && threshold < 1))
    fail(name, `has the threshold ${threshold}; give one between 0 and 1.`);
  if (typeof definition.score !== 'function') fail(name, 'needs a function score.');
  if (!['undefined', 'function'].includes(typeof definition.dispose)) {
    fail(name, 'has a dispose that is no function.');
  }
  return seal('judge', {
    contract: CONTRACT_VERSION,
    name,
    description,
    revision,
    desired,
    threshold,
    score: async (texts: readonly JudgedText[], { signal } = {}) => ask(definition, texts, signal),
    dispose: async () => definition.dispose?.(),
  } satisfies Judge);
}

async function ask(
  definition: JudgeDefinition,
  texts: readonly JudgedText[],
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  throwIfAborted(signal);
  if (texts.length === 0) return new Float64Array();
  try {
    return checked(await definition.score(texts, signal), texts.length);
  } catch (cause) {
    throwIfAborted(signal);
    if (isHalfspaceError(cause)) throw cause;
    const complaint = (cause instanceof Error ? cause.message : String(cause)).replace(/\.?$/, '.');
    throw new HalfspaceError('judge-failed', `The judge "${definition.name}" failed: ${complaint}`, {
      cause,
    });
  }
}

/** The answer, which may be anything. */
function checked(answer: unknown, texts: number): Float64Array {
  if (!Array.isArray(answer) && !ArrayBuffer.isView(answer)) {
    throw new TypeError(`it gave ${String(answer)} and not a list of scores`);
  }
  const scores = Array.from(answer as ArrayLike<unknown>);
  if (scores.length !== texts) throw new TypeError(`it gave ${scores.length} scores for ${texts} texts`);
  return Float64Array.from(scores, (score, text) => {
    if (typeof score === 'number' && score >= 0 && score <= 1) return score;
    throw new RangeError(`the score of text ${text} (from 0) is ${String(score)}, which is not from 0 to 1`);
  });
}

function fail(name: string, complaint: string): never {
  throw new HalfspaceError('bad-judge', `The judge "${name}" ${complaint}`);
}
