import {
  type Backend,
  complaintOf,
  type Context,
  type ErrorCode,
  isHalfspaceError,
  type NextTokens,
} from '@halfspace/contracts';

/** What a check works with. */
export interface Subject {
  /** Made for this check alone. */
  readonly backend: Backend;
  /** Eight different tokens of text. */
  readonly tokens: readonly number[];
  /** How far numbers may be apart where the backend does not say that it is exact. */
  readonly tolerance: number;
}

/** Tokens of text, spread over the vocabulary; some occur twice where there are few. */
export function someTokens({ tokenizer }: Backend, count = 8): number[] {
  const { vocabularySize, endTokens } = tokenizer;
  const known = Array.from({ length: vocabularySize }, (_, token) => token).filter(
    (token) => !endTokens.has(token) && tokenizer.bytes(token).length > 0,
  );
  if (known.length < 4) throw new Error(`the tokenizer has ${known.length} tokens of text; 4 are needed`);
  const step = Math.max(1, Math.floor(known.length / count));
  return Array.from({ length: count }, (_, i) => known[(i * step) % known.length]);
}

/** Throws unless a call is refused with a code. */
export async function refused(what: string, code: ErrorCode, call: () => unknown): Promise<void> {
  let fault = 'it was not refused';
  try {
    await call();
  } catch (error) {
    if (isHalfspaceError(error, code)) return;
    const found = (error as { code?: string } | null)?.code;
    fault = `it was refused with ${found ?? 'no code'}: ${complaintOf(error)}`;
  }
  throw new Error(`${what} must be refused with ${code}; ${fault}`);
}

/** Throws unless two lists of numbers are the same, or as near as the backend promises. */
export function alike(
  what: string,
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
  { backend, tolerance }: Pick<Subject, 'backend' | 'tolerance'>,
): void {
  if (found.length !== wanted.length) {
    throw new Error(`${what}: there are ${found.length} numbers and not ${wanted.length}`);
  }
  const within = backend.exact ? 0 : tolerance;
  const wrong = Array.from(found).findIndex((each, i) => !(Math.abs(each - wanted[i]) <= within));
  if (wrong < 0) return;
  const bound = within === 0 ? 'an exact backend gives the same' : `they may differ by ${within}`;
  throw new Error(`${what}: number ${wrong} is ${found[wrong]} and not ${wanted[wrong]}; ${bound}`);
}

/** Throws unless something holds. */
export function holds(what: string, isTrue: boolean): void {
  if (!isTrue) throw new Error(what);
}

/** A context of some tokens, run to their end. */
export async function contextOf(
  backend: Backend,
  tokens: readonly number[],
  rowsPerStep = 1,
): Promise<Context> {
  const [{ context }] = await backend.prefill([{ tokens, rowsPerStep }]);
  return context;
}

/** Log-probabilities of all tokens after a context, by their ids. */
export async function distributionAfter(backend: Backend, context: Context): Promise<Float64Array> {
  const { vocabularySize } = backend.tokenizer;
  const tokens = Array.from({ length: vocabularySize }, (_, token) => token);
  const [{ asked }]: NextTokens[] = await backend.next([{ context, topK: 1, tokens }]);
  return asked;
}
