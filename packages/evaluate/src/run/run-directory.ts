import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HalfspaceError } from '@halfspace/core';
import { writeAtomically } from '@halfspace/model';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import { assertSamePlan, digest, type Plan } from './plan.js';
import type { UnitResult } from './unit.js';
import { readUnitLogs, type LogHeader } from './unit-log.js';

/** A run on disk: its plan, its prompts, and a log of completions for each process that writes some. */
export interface RunDirectory {
  /** Where it is. */
  readonly path: string;
  /** What is to be done. */
  readonly plan: Plan;
  /** All prompts, in order. */
  readonly prompts: readonly SuitePrompt[];
  /** First line of each of its logs. */
  readonly header: LogHeader;
}

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

/**
 * Begins a run, or goes on with one that has the same plan.
 *
 * @throws HalfspaceError `other-plan`, `corrupt-run`
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
  await writeAtomically(join(path, PROMPTS), prompts.map((prompt) => `${JSON.stringify(prompt)}\n`).join(''));
  // Last, because a run is there when its plan is.
  await writeAtomically(join(path, PLAN), `${JSON.stringify(plan, null, 2)}\n`);
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
 * @throws HalfspaceError `corrupt-run`
 */
export async function findRun(path: string): Promise<RunDirectory | undefined> {
  const text = await readFile(join(path, PLAN), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const plan = JSON.parse(text) as Plan;
  const prompts: SuitePrompt[] = [];
  for await (const line of createInterface({
    input: createReadStream(join(path, PROMPTS)),
    crlfDelay: Infinity,
  })) {
    if (line !== '') prompts.push(JSON.parse(line) as SuitePrompt);
  }
  if (digest(prompts) !== plan.prompts) {
    throw new HalfspaceError(
      'corrupt-run',
      `${join(path, PROMPTS)} is not what ${PLAN} says. Begin the run anew.`,
    );
  }
  return { path, plan, prompts, header: { plan: digest(plan) } };
}

/**
 * Everything that was written so far, by whichever process, each unit once. In no order.
 *
 * @throws HalfspaceError `other-run`, `corrupt-run`
 */
export async function* readCompletions({ path, header }: RunDirectory): AsyncGenerator<UnitResult> {
  const names = (await readdir(path)).filter((name) => COMPLETIONS.test(name)).sort();
  yield* readUnitLogs<UnitResult>(
    names.map((name) => join(path, name)),
    header,
  );
}
