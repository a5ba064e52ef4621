import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import type { Queue } from 'bullmq';
import { completionsPath, type RunDirectory } from '../run/run-directory.js';
import type { ReadRunOptions } from '../run/score-units.js';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import { unitKey, type Unit, type UnitResult } from '../run/unit.js';
import { openUnitLog, type UnitLog } from '../run/unit-log.js';
import { connect } from './connect.js';
import { announcePlan, queueName, withdrawPlan } from './queued-plan.js';

/** What a worker is asked to do. */
export interface QueuedUnit {
  /** Name of the method. */
  readonly method: string;
  /** What to complete. */
  readonly prompt: SuitePrompt;
}

/** Jobs that are sent, or fetched, at once. */
const AT_ONCE = 200;
/** Milliseconds between two looks when nothing has come. */
const PAUSE = 200;

/**
 * Has workers do what of a run is not done yet, and records it here. Workers come and go as they like. If this process
 * ends, what they do meanwhile waits in the queue for its next start. A unit's job is called by the unit, so that it is
 * queued once, and its log takes a unit once, whoever did it how often.
 *
 * @param url - Of the Redis server.
 * @throws HalfspaceError `queue-unreachable`, `queue-in-use`, `unit-failed`, `run-in-use`, `corrupt-run`, `aborted`
 */
export async function runQueued(run: RunDirectory, url: string, options: ReadRunOptions = {}): Promise<void> {
  const redis = await connect(url);
  try {
    const log = await openUnitLog<UnitResult>(completionsPath(run), run.header);
    try {
      await announcePlan(redis, run.plan);
      const { Queue } = await import('bullmq');
      const queue = new Queue<QueuedUnit, UnitResult>(queueName(run.plan), { connection: redis });
      try {
        await complete(run, queue, log, options);
        await queue.obliterate({ force: true });
        await withdrawPlan(redis);
      } finally {
        await queue.close();
      }
    } finally {
      await log.close();
    }
  } finally {
    redis.disconnect();
  }
}

async function complete(
  run: RunDirectory,
  queue: Queue<QueuedUnit, UnitResult>,
  log: UnitLog<UnitResult>,
  { signal, onProgress }: ReadRunOptions,
): Promise<void> {
  const total = run.prompts.length * run.plan.methods.length;
  const report = () => onProgress?.({ done: log.size, total });
  report();
  while ((await collect(queue, log, report)) > 0);
  await retryFailed(queue);
  await enqueue(run, queue, log, signal);
  while (log.size < total) {
    throwIfAborted(signal);
    if ((await collect(queue, log, report)) > 0) continue;
    await refuseFailed(queue);
    await wait(PAUSE);
  }
}

/** Records some of what workers have done; a job is removed when its unit is on disk. Returns how many there were. */
async function collect(
  queue: Queue<QueuedUnit, UnitResult>,
  log: UnitLog<UnitResult>,
  report: () => void,
): Promise<number> {
  const finished = await queue.getCompleted(0, AT_ONCE - 1);
  for (const job of finished) {
    await log.append(job.returnvalue);
    await job.remove();
    report();
  }
  return finished.length;
}

async function enqueue(
  { prompts, plan }: RunDirectory,
  queue: Queue<QueuedUnit, UnitResult>,
  log: UnitLog<UnitResult>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing = prompts.flatMap((prompt) =>
    plan.methods.map(({ name }) => ({ method: name, prompt })).filter((unit) => !log.has(unitOf(unit))),
  );
  for (let start = 0; start < missing.length; start += AT_ONCE) {
    throwIfAborted(signal);
    const some = missing.slice(start, start + AT_ONCE);
    await queue.addBulk(some.map((data) => ({ name: 'unit', data, opts: { jobId: jobId(unitOf(data)) } })));
  }
}

function unitOf({ method, prompt }: QueuedUnit): Unit {
  return { method, suite: prompt.suite, prompt: prompt.id };
}

/** Names of units may have characters that those of jobs may not. */
function jobId(unit: Unit): string {
  return createHash('sha256').update(unitKey(unit)).digest('hex');
}

/** What failed last time may have been put right. */
async function retryFailed(queue: Queue<QueuedUnit, UnitResult>): Promise<void> {
  for (const job of await queue.getFailed()) await job.retry();
}

async function refuseFailed(queue: Queue<QueuedUnit, UnitResult>): Promise<void> {
  const [job] = await queue.getFailed(0, 0);
  if (job === undefined) return;
  const { method, prompt } = job.data;
  throw new HalfspaceError(
    'unit-failed',
    `The method "${method}" failed on the prompt ${prompt.id} of ${prompt.suite}: ${job.failedReason}. What was done is kept; the next start tries again.`,
  );
}
