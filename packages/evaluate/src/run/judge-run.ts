import { join } from 'node:path';
import { HalfspaceError, type Judge } from '@halfspace/core';
import { logsOf } from './logs-of.js';
import { recordCheck } from './record-check.js';
import type { RunDirectory } from './run-parts.js';
import { isJudgeInfo, isUnitScores } from './run-schema.js';
import { type ReadRunOptions, scoreUnits } from './score-units.js';
import type { ScoreLog } from './score-log.js';
import { readUnitLogs } from './unit-log.js';
import type { JudgeInfo, UnitScores } from './records.js';

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

/**
 * The judges that have scored some of a run, by name.
 *
 * @throws HalfspaceError `corrupt-run`, `not-readable`
 */
export async function judgesOf(run: RunDirectory): Promise<JudgeInfo[]> {
  return logsOf(run, JUDGED, 'judge', isJudgeInfo, (judge) => judgedLog(run, judge).path);
}

/**
 * What a judge said.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export function readScores(run: RunDirectory, judge: JudgeInfo): AsyncGenerator<UnitScores> {
  const { path, header, check } = judgedLog(run, judge);
  return readUnitLogs<UnitScores>([path], header, check);
}

/**
 * Where the scores of a judge are recorded: in the directory of the run, whatever the judge is called.
 *
 * @throws HalfspaceError `bad-judge` where no judge can have such a name
 */
export function judgedLog(run: RunDirectory, judge: JudgeInfo): ScoreLog {
  if (!isJudgeInfo(judge)) {
    throw new HalfspaceError(
      'bad-judge',
      `${JSON.stringify(judge)} is no judge: use one that defineJudge has made.`,
    );
  }
  const { name, description, revision, desired, threshold } = judge;
  return {
    path: join(run.path, `judged-${name}.jsonl`),
    header: { ...run.header, judge: { name, description, revision, desired, threshold } },
    check: recordCheck(run, isUnitScores, ({ scores }) => [scores.length]),
  };
}
