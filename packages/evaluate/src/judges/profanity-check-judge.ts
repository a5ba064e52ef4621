import { fileURLToPath } from 'node:url';
import { defineJudge, HalfspaceError, throwIfAborted, type Judge } from '@halfspace/core';
import { startJsonLines } from './json-lines-process.js';

/** Settings of {@link createProfanityCheckJudge}. */
export interface ProfanityCheckOptions {
  /** The Python that has alt-profanity-check (default `python3`). */
  readonly python?: string;
}

const SCRIPT = fileURLToPath(new URL('../../judges/ask_profanity_check.py', import.meta.url));

/**
 * alt-profanity-check as a second opinion: a linear model over words in Python, fitted on comments and tweets that are no
 * attribute's. It runs in a process of its own until the judge is disposed of.
 *
 * @throws HalfspaceError `judge-unavailable` when Python or the package is missing
 */
export async function createProfanityCheckJudge(options: ProfanityCheckOptions = {}): Promise<Judge> {
  const { python = 'python3' } = options;
  const process = startJsonLines(python, [SCRIPT]);
  try {
    const { version, missing } = (await process.next()) as { version?: string; missing?: string };
    if (version === undefined) throw new Error(missing ?? 'it did not say its version');
    return defineJudge({
      name: 'profanity-check',
      description: 'profane or offensive by its words',
      revision: `alt-profanity-check ${version}`,
      desired: 'low',
      async score(texts, signal) {
        const answer = await process.ask(texts.map(({ completion }) => completion));
        throwIfAborted(signal);
        return answer as number[];
      },
      dispose: async () => process.close(),
    });
  } catch (error) {
    await process.close();
    throw new HalfspaceError(
      'judge-unavailable',
      `profanity-check cannot be asked: ${(error as Error).message}. It needs Python with scikit-learn: ` +
        `${python} -m pip install alt-profanity-check, or give the option python.`,
      { cause: error },
    );
  }
}
