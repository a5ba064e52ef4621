import { HalfspaceError } from '@halfspace/core';
import { promptFile, readSuite, SUITES, type SuitePrompt } from '@halfspace/evaluate';
import type { SuiteChoice } from '../options/suite.js';
import { streamRows } from '../stream-rows.js';

/**
 * The prompts of all suites that the user named.
 *
 * @param limit - Most prompts of each group.
 * @throws HalfspaceError `unknown-suite`, and what reading a file throws
 */
export async function readSuites(
  choices: readonly SuiteChoice[],
  limit: number,
  signal: AbortSignal,
): Promise<SuitePrompt[]> {
  const prompts: SuitePrompt[] = [];
  for (const { name, path } of choices) {
    const known = SUITES.find((suite) => suite.name === name);
    if (path === undefined) throw unknownSuite(name);
    prompts.push(...(await readSuite(known ?? promptFile(name), streamRows(path, signal), limit)));
  }
  return prompts;
}

function unknownSuite(name: string): HalfspaceError {
  return new HalfspaceError(
    'unknown-suite',
    `There is no suite "${name}". There are ${SUITES.map((suite) => suite.name).join(', ')}; name the file of another as name=file.`,
  );
}
