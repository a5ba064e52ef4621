import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Judge } from '@halfspace/core';
import type { RunDirectory } from './run-directory.js';
import { scoreUnits, type ReadRunOptions, type ScoreLog } from './score-units.js';
import type { Unit } from './unit.js';
import { readLogHeader, readUnitLogs } from './unit-log.js';

/** A judge as a run remembers it. */
export type JudgeInfo = Pick<Judge, 'name' | 'description' | 'revision' | 'desired' | 'threshold'>;

/** What a judge said of a unit: a line of its log. */
export interface UnitScores extends Unit {
  /** One a completion, 0 to 1. */
  readonly scores: readonly number[];
}

const JUDGED = /^judged-(.+)\.jsonl$/;

/**
 * Has a judge score what of a run it has not scored yet, and records it unit by unit. As the completions are kept, any
 * judge can be asked at any later time.
 *
 * @throws HalfspaceError `other-run` where another revision of the judge has begun; `run-in-use`, `corrupt-run`,
 * `judge-failed`, `aborted`
 */
export async function judgeRun(run: RunDirectory, judge: Judge, options: ReadRunOptions = {}): Promise<void> {
  const { signal, onWaiting } = options;
  await scoreUnits(
    run,
    judgedLog(run, judge),
    async (completions, { text: prompt }) => {
      const texts = completions.map(({ text: completion }) => ({ prompt, completion }));
      return { scores: [...(await judge.score(texts, { ...(signal && { signal }), onWaiting }))] };
    },
    options,
  );
}

/** The judges that have scored some of a run, by name. */
export async function judgesOf({ path }: RunDirectory): Promise<JudgeInfo[]> {
  const names = (await readdir(path)).filter((name) => JUDGED.test(name)).sort();
  const headers = await Promise.all(names.map(async (name) => readLogHeader(join(path, name))));
  return headers.filter((header) => header !== undefined).map((header) => header['judge'] as JudgeInfo);
}

/**
 * What a judge said.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export function readScores(run: RunDirectory, judge: JudgeInfo): AsyncGenerator<UnitScores> {
  const { path, header } = judgedLog(run, judge);
  return readUnitLogs<UnitScores>([path], header);
}

/** Where the scores of a judge are recorded. */
export function judgedLog({ path, header }: RunDirectory, judge: JudgeInfo): ScoreLog {
  const { name, description, revision, desired, threshold } = judge;
  return {
    path: join(path, `judged-${name}.jsonl`),
    header: { ...header, judge: { name, description, revision, desired, threshold } },
  };
}
