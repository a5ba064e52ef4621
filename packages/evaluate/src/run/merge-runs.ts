import { isDeepStrictEqual } from 'node:util';
import { HalfspaceError } from '@halfspace/core';
import type { MethodSpec } from '../methods/method.js';
import { judgedLog, judgesOf, readScores } from './judge-run.js';
import { likelihoodLog, referenceModelsOf, readLikelihoods } from './likelihood-run.js';
import { digest, planDifferences } from './plan.js';
import { completionsLog, readCompletions, readRun, startRun } from './run-directory.js';
import type { RunDirectory } from './run-parts.js';
import { type Unit, unitKey } from './unit.js';
import type { ScoreLog } from './score-log.js';
import { openUnitLog } from './unit-log.js';

/**
 * Puts runs together that differ in the part of the prompts that was done, in their methods, or in both: shards of one
 * plan, or methods that were run each for itself. What several have must be the same in all.
 *
 * @param paths - Directories of the runs, at least one. They stay as they are.
 * @param out - Directory of the whole; made, or added to if it is the same whole.
 * @throws HalfspaceError `other-plan`, `runs-disagree`, `no-run`, `corrupt-run`, `run-in-use`
 */
export async function mergeRuns(paths: readonly string[], out: string): Promise<RunDirectory> {
  const runs: RunDirectory[] = [];
  for (const path of paths) runs.push(await readRun(path));
  const [first] = runs;
  const methods = unionOfMethods(runs);
  for (const { plan, path } of runs) {
    const differences = planDifferences({ ...first.plan, methods }, { ...plan, methods });
    if (differences.length === 0) continue;
    throw new HalfspaceError(
      'other-plan',
      `${path} does not go together with ${first.path}. ${differences.join(' ')}`,
    );
  }
  const judges = await allOf(runs, judgesOf, ({ name }) => name);
  const referenceModels = await allOf(runs, referenceModelsOf, ({ name }) => name);
  const merged = await startRun(out, { ...first.plan, methods }, first.prompts);
  await mergeLogs(runs.map(readCompletions), completionsLog(merged), withoutCosts);
  for (const judge of judges) {
    await mergeLogs(
      runs.map((run) => readScores(run, judge)),
      judgedLog(merged, judge),
    );
  }
  for (const referenceModel of referenceModels) {
    await mergeLogs(
      runs.map((run) => readLikelihoods(run, referenceModel)),
      likelihoodLog(merged, referenceModel),
    );
  }
  return merged;
}

/** What is the same whoever does a unit: all but what it cost. */
function withoutCosts(record: object): object {
  return { ...record, ms: 0, peakMemory: 0 };
}

async function mergeLogs<R extends Unit>(
  parts: readonly AsyncIterable<R>[],
  { path, header, check }: ScoreLog,
  comparable: (record: R) => object = (record) => record,
): Promise<void> {
  const log = await openUnitLog<R>(path, header, check);
  const digests = new Map<string, string>();
  try {
    for (const part of parts) {
      for await (const record of part) {
        const key = unitKey(record);
        const found = digest(comparable(record));
        if ((digests.get(key) ?? found) !== found) throw disagreement(record, path);
        digests.set(key, found);
        await log.append(record);
      }
    }
  } finally {
    await log.close();
  }
}

function disagreement({ method, suite, prompt }: Unit, path: string): HalfspaceError {
  return new HalfspaceError(
    'runs-disagree',
    `Two runs have different lines for the method "${method}" and the prompt ${prompt} of ${suite} (${path}). Runs of one plan never do; leave one of them out.`,
  );
}

function unionOfMethods(runs: readonly RunDirectory[]): MethodSpec[] {
  const all = new Map<string, MethodSpec>();
  for (const { plan, path } of runs) {
    for (const method of plan.methods) {
      const found = all.get(method.name) ?? method;
      if (!isDeepStrictEqual(found, method)) {
        throw new HalfspaceError(
          'other-plan',
          `The method "${method.name}" of ${path} has other parameters than in a run before it. Give it another name.`,
        );
      }
      all.set(method.name, found);
    }
  }
  return [...all.values()];
}

/** What any of the runs has, once each. */
async function allOf<T>(
  runs: readonly RunDirectory[],
  of: (run: RunDirectory) => Promise<T[]>,
  keyOf: (item: T) => string,
): Promise<T[]> {
  const found = new Map<string, T>();
  for (const run of runs) for (const item of await of(run)) found.set(keyOf(item), item);
  return [...found.values()];
}
