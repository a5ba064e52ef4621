import { join } from 'node:path';
import { type Halfspace, throwIfAborted } from '@halfspace/core';
import type { MethodLookup } from '../methods/method-spec.js';
import { recordCheck } from './record-check.js';
import type { RunDirectory } from './run-parts.js';
import { isUnitTrace } from './run-schema.js';
import { openUnitRunner } from './run-units.js';
import type { ReadRunOptions } from './score-units.js';
import type { ScoreLog } from './score-log.js';
import { openUnitLog, readUnitLogs } from './unit-log.js';
import type { UnitSample, UnitTrace } from './records.js';

/** Settings of {@link traceRun}. */
export interface TraceRunOptions extends ReadRunOptions, MethodLookup {}

/**
 * Writes some completions of a run once more, which come out the same, and records how they came about. One a unit is kept; of
 * units that have one nothing is done.
 *
 * @param halfspace - The model of the run's plan, with its attributes.
 * @throws HalfspaceError `run-in-use`, `corrupt-run`, `aborted`, and what a method refuses
 */
export async function traceRun(
  run: RunDirectory,
  halfspace: Halfspace,
  samples: readonly UnitSample[],
  { signal, onProgress, registry }: TraceRunOptions = {},
): Promise<void> {
  const { path, header, check } = traceLog(run);
  const log = await openUnitLog<UnitTrace>(path, header, check);
  try {
    const runner = await openUnitRunner(run.plan, halfspace, { registry });
    try {
      for (const [done, unit] of samples.entries()) {
        throwIfAborted(signal);
        onProgress?.({ done, total: samples.length });
        const prompt = run.prompts.find(({ suite, id }) => suite === unit.suite && id === unit.prompt);
        if (prompt === undefined || log.has(unit)) continue;
        const completion = await runner.trace(unit.method, prompt, unit.sample, signal);
        if (completion !== undefined) await log.append({ ...unit, completion });
      }
    } finally {
      await runner.dispose();
    }
  } finally {
    await log.close();
  }
}

/**
 * How completions of a run came about, those that were traced.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export function readTraces(run: RunDirectory): AsyncGenerator<UnitTrace> {
  const { path, header, check } = traceLog(run);
  return readUnitLogs<UnitTrace>([path], header, check);
}

function traceLog(run: RunDirectory): ScoreLog {
  const check = recordCheck(run, isUnitTrace, () => []);
  return { path: join(run.path, 'traces.jsonl'), header: run.header, check };
}
