import { join } from 'node:path';
import { throwIfAborted, type Judge } from '@halfspace/core';
import { readCompletions, type RunDirectory } from './run-directory.js';
import { unitKey, type Unit, type UnitResult } from './unit.js';
import { openUnitLog, readUnitLogs, type LogHeader } from './unit-log.js';
import type { RunProgress } from './run-units.js';

/** A judge as a run remembers it. */
export type JudgeInfo = Pick<Judge, 'name' | 'description' | 'revision' | 'desired' | 'threshold'>;

/** What a judge said of a unit: a line of its log. */
export interface UnitScores extends Unit {
  /** One a completion, 0 to 1. */
  readonly scores: readonly number[];
}

const JUDGED = /^judged-(.+)\.jsonl$/;

/** Settings of {@link judgeRun}. */
export interface JudgeRunOptions {
  /** Ends the work with the error `aborted`; what is done is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Called at the beginning and after each unit. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
}

/**
 * Has a judge score what of a run it has not scored yet, and records it unit by unit. As the completions are kept, any
 * judge can be asked at any later time.
 *
 * @throws HalfspaceError `other-run` where another revision of the judge has begun; `run-in-use`, `corrupt-run`,
 * `judge-failed`, `aborted`
 */
export async function judgeRun(
  run: RunDirectory,
  judge: Judge,
  { signal, onProgress }: JudgeRunOptions = {},
): Promise<void> {
  const { name, description, revision, desired, threshold } = judge;
  const header = { ...run.header, judge: { name, description, revision, desired, threshold } };
  const promptOf = new Map(run.prompts.map(({ suite, id, text }) => [unitKey({ method: '', suite, prompt: id }), text]));
  const log = await openUnitLog<UnitScores>(judgedPath(run, name), header);
  try {
    const total = run.prompts.length * run.plan.methods.length;
    onProgress?.({ done: log.size, total });
    for await (const unit of readCompletions(run)) {
      throwIfAborted(signal);
      if (log.has(unit)) continue;
      const { method, suite, prompt, completions } = unit;
      const text = promptOf.get(unitKey({ method: '', suite, prompt })) ?? '';
      const texts = completions.map((each) => ({ prompt: text, completion: each.text }));
      const scores = await judge.score(texts, signal === undefined ? {} : { signal });
      await log.append({ method, suite, prompt, scores: [...scores] });
      onProgress?.({ done: log.size, total });
    }
  } finally {
    await log.close();
  }
}
