import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HalfspaceError } from '@halfspace/core';
import { fileFault, writeWhole } from '@halfspace/files';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import { namesIn } from './logs-of.js';
import { parsePlan } from './parse-plan.js';
import { assertSamePlan, countsOf, digest, type Plan } from './plan.js';
import { recordCheck } from './record-check.js';
import { complaintOf, isPrompt, isUnitResult } from './run-schema.js';
import type { ScoreLog } from './score-log.js';
import type { UnitResult } from './unit.js';
import { readUnitLogs } from './unit-log.js';
import type { RunDirectory } from './run-parts.js';

/** A part of a run's prompts. */
export interface Shard {
  /** Which one, from 1. */
  readonly index: number;
  /** Of how many. */
  readonly of: number;
}

const PLAN = 'plan.json';
const PROMPTS = 'prompts.jsonl';
const COMPLETIONS = /^completions(-\d+-of-\d+)?\.jsonl$/;

/** Where the completions of a run, or of a part of it, are logged. */
export function completionsPath({ path }: RunDirectory, shard?: Shard): string {
  const part = shard === undefined ? '' : `-${shard.index}-of-${shard.of}`;
  return join(path, `completions${part}.jsonl`);
}

/** The log of completions of a run, or of a part of it. */
export function completionsLog(run: RunDirectory, shard?: Shard): ScoreLog {
  return {
    path: completionsPath(run, shard),
    header: run.header,
    check: recordCheck(run, isUnitResult, ({ completions }) => [completions.length]),
  };
}

/**
 * Begins a run, or goes on with one that has the same plan.
 *
 * @throws HalfspaceError `other-plan`, `corrupt-run`, `not-writable`, `disk-full`
 */
export async function startRun(
  path: string,
  plan: Plan,
  prompts: readonly SuitePrompt[],
): Promise<RunDirectory> {
  const begun = await findRun(path);
  if (begun !== undefined) {
    assertSamePlan(begun.plan, plan, path);
    return begun;
  }
  try {
    const lines = prompts.map((prompt) => `${JSON.stringify(prompt)}\n`);
    await mkdir(path, { recursive: true });
    await writeWhole(join(path, PROMPTS), [lines.join('')]);
    // Last, because a run is there when its plan is.
    await writeWhole(join(path, PLAN), [`${JSON.stringify(plan, null, 2)}\n`]);
  } catch (error) {
    throw fileFault(error, path, 'write');
  }
  return readRun(path);
}

/**
 * The run in a directory.
 *
 * @throws HalfspaceError `no-run`, `corrupt-run`
 */
export async function readRun(path: string): Promise<RunDirectory> {
  const found = await findRun(path);
  if (found !== undefined) return found;
  throw new HalfspaceError('no-run', `There is no run in ${path}: it has no ${PLAN}.`);
}

/**
 * The run in a directory, if there is one.
 *
 * @throws HalfspaceError `corrupt-run`, `other-version`, `not-readable`
 */
export async function findRun(path: string): Promise<RunDirectory | undefined> {
  const text = await textOf(join(path, PLAN));
  if (text === undefined) return undefined;
  const plan = parsePlan(text, join(path, PLAN));
  const prompts = await readPrompts(join(path, PROMPTS));
  if (digest(prompts) !== plan.prompts || !isDeepStrictEqual(countsOf(prompts), plan.suites)) {
    throw corrupt(`${join(path, PROMPTS)} is not what ${PLAN} says`);
  }
  return { path, plan, prompts, header: { plan: digest(plan) } };
}

/** Nothing where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileFault(error, path, 'read');
  }
}

async function readPrompts(path: string): Promise<SuitePrompt[]> {
  const text = await textOf(path);
  if (text === undefined) throw corrupt(`${path} is missing, which belongs to ${PLAN}`);
  return text.split(/\r?\n/).flatMap((line, index): SuitePrompt[] => {
    if (line === '') return [];
    const prompt = parseLine(line, `${path}:${index + 1}`);
    if (isPrompt(prompt)) return [prompt];
    throw corrupt(`${path}:${index + 1} is no prompt: ${complaintOf(isPrompt)}`);
  });
}

function parseLine(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw corrupt(`${place} is no prompt: it is no JSON, or cut off`, error);
  }
}

function corrupt(what: string, cause?: unknown): HalfspaceError {
  return new HalfspaceError('corrupt-run', `${what}. Begin the run anew.`, { cause });
}

/**
 * Everything that was written so far, by whichever process, each unit once. In no order.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`, `not-readable`
 */
export async function* readCompletions(run: RunDirectory): AsyncGenerator<UnitResult> {
  const { path } = run;
  const { header, check } = completionsLog(run);
  const names = (await namesIn(path)).filter((name) => COMPLETIONS.test(name));
  yield* readUnitLogs<UnitResult>(
    names.map((name) => join(path, name)),
    header,
    check,
  );
}
