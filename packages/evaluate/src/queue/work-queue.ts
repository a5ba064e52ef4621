import { setTimeout as wait } from 'node:timers/promises';
import { digest, type Plan } from '../run/plan.js';
import type { UnitRunner } from '../run/run-units.js';
import type { UnitResult } from '../run/unit.js';
import { connect } from './connect.js';
import { announcedPlan, queueName } from './queued-plan.js';
import type { QueuedUnit } from './run-queued.js';

/**
 * Milliseconds after which a unit whose worker gives no sign of life is given to another. A model call keeps the worker from
 * giving one, and none takes that long.
 */
const LOST = 15_000;
/** Milliseconds between two searches for such units. */
const SEARCH = 5_000;
/** Milliseconds between two looks whether there is anything left to do. */
const PAUSE = 500;

/** Settings of {@link workQueue}. */
export interface WorkQueueOptions {
  /** Ends the work. What was begun is given to another worker. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each unit that was done here. */
  readonly onUnit?: ((done: number) => void) | undefined;
}

/**
 * Does units of a queued run, one after the other, until none is left.
 *
 * @param url - Of the Redis server.
 * @param plan - The plan that the runner was made for.
 * @returns How many were done here.
 * @throws HalfspaceError `queue-unreachable`
 */
export async function workQueue(
  url: string,
  plan: Plan,
  runner: UnitRunner,
  { signal, onUnit }: WorkQueueOptions = {},
): Promise<number> {
  const redis = await connect(url);
  const { Worker } = await import('bullmq');
  let done = 0;
  const worker = new Worker<QueuedUnit, UnitResult>(
    queueName(plan),
    async ({ data }) => {
      try {
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
  try {
    while (signal?.aborted !== true && (await isAnnounced())) await wait(PAUSE);
    return done;
  } finally {
    await worker.close(signal?.aborted === true);
    redis.disconnect();
  }

  async function isAnnounced(): Promise<boolean> {
    const announced = await announcedPlan(redis);
    return announced !== undefined && digest(announced) === digest(plan);
  }
}
