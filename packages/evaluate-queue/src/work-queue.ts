import { setTimeout as wait } from 'node:timers/promises';
import { HalfspaceError } from '@halfspace/core';
import type { Plan, UnitResult, UnitRunner } from '@halfspace/evaluate';
import { complaintOf, isQueuedUnit } from '@halfspace/evaluate/run';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connect, type OnNotice } from './connect.js';
import { queueName, stateOfPlan } from './queued-plan.js';
import type { QueuedUnit } from './queued-unit.js';

/**
 * Milliseconds after which a unit whose worker gives no sign of life is given to another. A model call keeps the worker from
 * giving one, and none takes that long.
 */
const LOST = 15_000;
/** Milliseconds between two searches for such units. */
const SEARCH = 5_000;
/** Milliseconds between two looks whether there is anything left to do. */
const PAUSE = 500;
/** Milliseconds that whoever has asked has to queue a run again that the server has lost. */
const LOST_QUEUE = 15_000;

/** Settings of {@link workQueue}. */
export interface WorkQueueOptions {
  /** Ends the work. What was begun is given to another worker. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each unit that was done here. */
  readonly onUnit?: ((done: number) => void) | undefined;
  /** Told, in a sentence, of a server that is away (default: nobody is). */
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Does units of a queued run, one after the other, until none is left.
 *
 * @param url - Of the Redis server.
 * @param plan - The plan that the runner was made for.
 * @returns How many were done here.
 * @throws HalfspaceError `queue-unreachable`, `queue-refused`, `queue-lost` when the server knows nothing of the run any more
 */
export async function workQueue(
  url: string,
  plan: Plan,
  runner: UnitRunner,
  options: WorkQueueOptions = {},
): Promise<number> {
  const server = await connect(url, options);
  try {
    return await server.use(async (redis) => work(redis, plan, runner, options));
  } finally {
    server.disconnect();
  }
}

async function work(
  redis: Redis,
  plan: Plan,
  runner: UnitRunner,
  { signal, onUnit }: WorkQueueOptions,
): Promise<number> {
  let done = 0;
  const worker = new Worker<QueuedUnit, UnitResult>(
    queueName(plan),
    async ({ data }) => {
      try {
        assertUnit(data, plan);
        const result = await runner.run(data.method, data.prompt, signal);
        onUnit?.(++done);
        return result;
      } catch (error) {
        // Neither done nor failed: left behind, as by a worker that was killed, for another one.
        if (signal?.aborted) await new Promise(() => undefined);
        throw error;
      }
    },
    // However often a unit is left behind, it is no fault of the unit.
    {
      connection: redis,
      lockDuration: LOST,
      stalledInterval: SEARCH,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    },
  );
  // An error without a listener ends the process; a connection that was lost comes back.
  worker.on('error', () => undefined);
  let stopped = true;
  try {
    await untilOver(redis, plan, signal);
    stopped = signal?.aborted === true;
    return done;
  } finally {
    await worker.close(stopped);
  }
}

/** Waits until there is nothing left to do, or the signal is given. */
async function untilOver(redis: Redis, plan: Plan, signal: AbortSignal | undefined): Promise<void> {
  let lostAt: number | undefined;
  while (signal?.aborted !== true) {
    const state = await stateOfPlan(redis, plan);
    if (state === 'over') return;
    lostAt = state === 'lost' ? (lostAt ?? Date.now()) : undefined;
    if (lostAt !== undefined && Date.now() - lostAt > LOST_QUEUE) {
      throw new HalfspaceError(
        'queue-lost',
        'The Redis server knows nothing of this run any more, and nobody has queued it again. Start halfspace evaluate --queue again, and then workers.',
      );
    }
    await wait(PAUSE);
  }
}

/** What is in a queue may come from anywhere. */
function assertUnit(data: unknown, plan: Plan): void {
  if (!isQueuedUnit(data)) {
    throw new HalfspaceError('bad-unit', `This is nothing to be done: ${complaintOf(isQueuedUnit)}.`);
  }
  if (plan.methods.some(({ name }) => name === data.method)) return;
  throw new HalfspaceError('bad-unit', `The plan has no method "${data.method}".`);
}
