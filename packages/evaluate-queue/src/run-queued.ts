import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import type { ReadRunOptions, RunDirectory, UnitResult } from '@halfspace/evaluate';
import {
  completionsLog,
  openUnitLog,
  type RecordCheck,
  type UnitLog,
  unitWords,
} from '@halfspace/evaluate/run';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { connect, type OnNotice } from './connect.js';
import { announcePlan, queueName, withdrawPlan } from './queued-plan.js';
import { jobsOf, type QueuedUnit, unitOf } from './queued-unit.js';
import { createSetAside, type SetAside } from './set-aside.js';

/** Jobs that are sent, or fetched, at once. */
const AT_ONCE = 200;
/** Milliseconds between two looks when nothing has come. */
const PAUSE = 200;
/** Looks after which what is missing is looked for job by job. */
const LOOKS = 100;
/** Times that a unit may come back damaged. */
const DAMAGED = 3;

/** Settings of {@link runQueued}. */
export interface RunQueuedOptions extends ReadRunOptions {
  /** Told, in a sentence, of results that are set aside and of a server that is away or has lost the queue (default: nobody is). */
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Has workers do what of a run is not done yet, and records it here. Workers come and go as they like. If this process
 * ends, what they do meanwhile waits in the queue for its next start. A unit's job is called by the unit, so that it is
 * queued once, and its log takes a unit once, whoever did it how often. What comes back is checked against the plan: what is not
 * of it is set aside, in `set-aside.jsonl`, and a unit that came back damaged is queued again. A queue that its server has lost
 * is queued again. The work is done when every unit of the plan is recorded.
 *
 * @param url - Of the Redis server.
 * @throws HalfspaceError `queue-unreachable`, `queue-refused`, `queue-in-use`, `unit-failed`, `damaged-results`, `run-in-use`,
 * `corrupt-run`, `disk-full`, `not-writable`, `aborted`
 */
export async function runQueued(
  run: RunDirectory,
  url: string,
  options: RunQueuedOptions = {},
): Promise<void> {
  const { onNotice = () => undefined, signal } = options;
  const server = await connect(url, { onNotice, signal });
  try {
    const { path, header, check } = completionsLog(run);
    const log = await openUnitLog<UnitResult>(path, header, check);
    try {
      await server.use(async (redis) => {
        await announcePlan(redis, run.plan);
        const queue = new Queue<QueuedUnit, UnitResult>(queueName(run.plan), { connection: redis });
        // An error without a listener is written on stderr; what fails says so itself.
        queue.on('error', () => undefined);
        const setAside = createSetAside(run, onNotice);
        try {
          await new QueuedRun(run, redis, queue, log, check, setAside, { ...options, onNotice }).complete();
          await queue.obliterate({ force: true });
          await withdrawPlan(redis, run.plan);
        } finally {
          setAside.report();
          await queue.close();
        }
      });
    } finally {
      await log.close();
    }
  } finally {
    server.disconnect();
  }
}

/** A job, as it was found: undefined where there is none, null where there is something that cannot be read. */
type FoundJob = Job<QueuedUnit, UnitResult> | null | undefined;

/** A run while it is being done. */
class QueuedRun {
  /** What is to be done, by the ids of its jobs. */
  readonly #jobs: ReadonlyMap<string, QueuedUnit>;
  /** How often units came back damaged. */
  readonly #damaged = new Map<string, number>();

  constructor(
    readonly run: RunDirectory,
    readonly redis: Redis,
    readonly queue: Queue<QueuedUnit, UnitResult>,
    readonly log: UnitLog<UnitResult>,
    readonly check: RecordCheck,
    readonly setAside: SetAside,
    readonly options: RunQueuedOptions & { readonly onNotice: OnNotice },
  ) {
    this.#jobs = jobsOf(run);
  }

  async complete(): Promise<void> {
    const { signal } = this.options;
    this.#report();
    while ((await this.#collect()) > 0);
    await this.#retryFailed();
    await this.#enqueue(this.#missing());
    for (let looks = 1; this.#left > 0; looks++) {
      throwIfAborted(signal);
      if ((await this.#collect()) > 0) continue;
      await this.#refuseFailed();
      await this.#restore(looks % LOOKS === 0);
      await wait(PAUSE);
    }
  }

  /** Units that are not recorded: the log has none but the plan's. */
  get #left(): number {
    return this.#jobs.size - this.log.size;
  }

  /** Ids of the jobs of units that are not recorded. */
  #missing(): string[] {
    return [...this.#jobs].flatMap(([id, unit]) => (this.log.has(unitOf(unit)) ? [] : [id]));
  }

  #report(): void {
    this.options.onProgress?.({ done: this.log.size, total: this.#jobs.size });
  }

  /** Takes some of what workers have done; a job is removed when its unit is on disk. Returns how many there were. */
  async #collect(): Promise<number> {
    const ids = await this.queue.getRanges(['completed'], 0, AT_ONCE - 1);
    for (const id of ids) {
      const job = await this.#read(id);
      const complaint = this.#complaint(id, job);
      // One that is gone by now, as when the server has lost everything meanwhile, is no result.
      if (job === undefined) await this.redis.zrem(this.queue.toKey('completed'), id);
      else if (complaint !== undefined) await this.#putAside(id, complaint, job?.returnvalue);
      else if (job !== null) await this.log.append(job.returnvalue);
      await this.queue.remove(id);
      this.#report();
    }
    return ids.length;
  }

  /** What is wrong with what a job has come to. */
  #complaint(id: string, job: FoundJob): string | undefined {
    const asked = this.#jobs.get(id);
    if (asked === undefined) return 'nobody asked for it';
    const unit = unitOf(asked);
    const words = `the result for ${unitWords(unit)}`;
    if (!job) return `${words} cannot be read`;
    if (!isDeepStrictEqual(job.data, asked)) return `${words} was asked for in other words`;
    const result = job.returnvalue as UnitResult | null;
    if (typeof result !== 'object' || result === null) return `${words} is none`;
    const complaint = this.check(result);
    if (complaint !== undefined) return `${words} is damaged: ${complaint}`;
    const { method, suite, prompt } = result;
    return isDeepStrictEqual({ method, suite, prompt }, unit)
      ? undefined
      : `${words} is of ${unitWords(result)}`;
  }

  /** @throws HalfspaceError `damaged-results` where a unit of the plan does so again and again */
  async #putAside(id: string, complaint: string, found: unknown): Promise<void> {
    await this.setAside.add(id, complaint, found);
    if (!this.#jobs.has(id)) return;
    const times = (this.#damaged.get(id) ?? 0) + 1;
    this.#damaged.set(id, times);
    if (times < DAMAGED) return;
    throw new HalfspaceError(
      'damaged-results',
      `Workers give back what is no result: ${complaint}. See which of them does, and stop it. What was done is kept; the next start tries again.`,
    );
  }

  async #read(id: string): Promise<FoundJob> {
    try {
      return await this.queue.getJob(id);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return null;
      throw error;
    }
  }

  async #enqueue(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      throwIfAborted(this.options.signal);
      const some = ids.slice(start, start + AT_ONCE).flatMap((jobId) => {
        const data = this.#jobs.get(jobId);
        return data === undefined ? [] : [{ name: 'unit', data, opts: { jobId } }];
      });
      await this.queue.addBulk(some);
    }
  }

  /** Queues again what is missing and no longer in the queue. */
  async #restore(thoroughly: boolean): Promise<void> {
    if (await announcePlan(this.redis, this.run.plan)) {
      this.options.onNotice(
        `The Redis server has lost the queue, as one does that keeps nothing over a restart. What is missing is queued again.`,
      );
    }
    if (!thoroughly && (await this.queue.getJobCountByTypes()) >= this.#left) return;
    const missing = this.#missing();
    if (thoroughly) await this.#removeUnreadable(missing.slice(0, AT_ONCE));
    // What is queued already stays as it is.
    await this.#enqueue(missing);
  }

  /** A job that cannot be read, or is not what was asked for, comes to nothing and keeps its place from another. */
  async #removeUnreadable(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const job = await this.#read(id);
      const state = await job?.getState();
      if (state === undefined || state === 'unknown' || !isDeepStrictEqual(job?.data, this.#jobs.get(id))) {
        await this.queue.remove(id);
      }
    }
  }

  /** What failed last time may have been put right. */
  async #retryFailed(): Promise<void> {
    for (const id of await this.queue.getRanges(['failed'], 0, -1)) {
      if (this.#jobs.has(id)) await (await this.#read(id))?.retry();
    }
  }

  /** @throws HalfspaceError `unit-failed` where a unit of the plan has */
  async #refuseFailed(): Promise<void> {
    for (const id of await this.queue.getRanges(['failed'], 0, AT_ONCE - 1)) {
      const asked = this.#jobs.get(id);
      const job = await this.#read(id);
      if (asked !== undefined && isDeepStrictEqual(job?.data, asked)) {
        throw new HalfspaceError(
          'unit-failed',
          `The method "${asked.method}" failed on the prompt ${asked.prompt.id} of ${asked.prompt.suite}: ${job?.failedReason}. What was done is kept; the next start tries again.`,
        );
      }
      if (job === undefined) await this.redis.zrem(this.queue.toKey('failed'), id);
      else await this.#putAside(id, this.#complaint(id, job) ?? 'it failed', job?.data);
      await this.queue.remove(id);
    }
  }
}
