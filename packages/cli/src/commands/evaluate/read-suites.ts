import { didYouMean, HalfspaceError } from '@halfspace/core';
import {
  evaluateModule,
  promptFile,
  readSuite,
  SUITE,
  type Suite,
  type SuitePrompt,
} from '@halfspace/evaluate';
import { fetchDatasetFile } from '@halfspace/model';
import { projectRegistry } from '../../config/project-modules.js';
import { createLoadBars } from '../../model/load-bars.js';
import type { SuiteChoice } from '../../options/suite.js';
import { streamRows } from '../../data/stream-rows.js';

/**
 * The prompts of all suites that the user named.
 *
 * @param limit - Most prompts of each group; all of them where it is undefined.
 * @throws HalfspaceError `unknown-suite`, and what reading a file throws
 */
export async function readSuites(
  choices: readonly SuiteChoice[],
  limit: number | undefined,
  signal: AbortSignal,
): Promise<SuitePrompt[]> {
  const suites = (await projectRegistry(evaluateModule)).all(SUITE);
  const prompts: SuitePrompt[] = [];
  for (const { name, path } of choices) {
    const suite = suites.find((each) => each.name === name) ?? promptFile(name);
    const rows = streamRows(path ?? (await fetched(suite, suites, signal)), signal);
    prompts.push(...(await readSuite(suite, rows, limit)));
  }
  return prompts;
}

async function fetched({ name, hub }: Suite, suites: readonly Suite[], signal: AbortSignal): Promise<string> {
  if (hub === undefined) throw noFile(name, suites);
  const bars = createLoadBars();
  const { onProgress } = bars;
  return fetchDatasetFile(hub.repository, hub.path, { signal, onProgress }).finally(() => bars.stop());
}

function noFile(name: string, suites: readonly Suite[]): HalfspaceError {
  const meant = suites.some((suite) => suite.name === name)
    ? ''
    : didYouMean(
        name,
        suites.map((suite) => suite.name),
      );
  const fetchable = suites.filter((suite) => suite.hub !== undefined).map((suite) => suite.name);
  return new HalfspaceError(
    'unknown-suite',
    `The suite "${name}" cannot be fetched: only ${fetchable.join(', ')} can.${meant} Name its file, as in ${name}=${name}.jsonl.`,
  );
}
