import { HalfspaceError } from '@halfspace/core';
import type { Plan } from '@halfspace/evaluate';
import { digest, parsePlan } from '@halfspace/evaluate/run';
import type { Redis } from 'ioredis';
import { connect } from './connect.js';

/** Where a Redis database holds the plan that its queue is for: one at a time. */
const KEY = 'halfspace:evaluate:plan';
/** Where it holds the digest of the plan that was done last, so that a queue that is done can be told from one that was lost. */
const DONE = 'halfspace:evaluate:done';
/** Seconds that this is remembered. */
const REMEMBERED = 86_400;

/** Name of the queue of a plan. */
export function queueName(plan: Plan): string {
  return `halfspace-${digest(plan).slice(0, 16)}`;
}

/**
 * Says to workers what is to be done.
 *
 * @returns Whether that had to be said: nothing was announced before.
 * @throws HalfspaceError `queue-in-use` when another plan is being worked on
 */
export async function announcePlan(redis: Redis, plan: Plan): Promise<boolean> {
  const isNew = (await redis.setnx(KEY, JSON.stringify(plan))) === 1;
  if (isNew) await redis.del(DONE);
  const text = await redis.get(KEY);
  if (text !== null && isOf(text, plan)) return isNew;
  throw new HalfspaceError(
    'queue-in-use',
    'Another run uses this queue. Wait for it, or name another database, as in redis://host:6379/1.',
  );
}

/** Says that there is nothing to do any more. */
export async function withdrawPlan(redis: Redis, plan: Plan): Promise<void> {
  await redis.set(DONE, digest(plan), 'EX', REMEMBERED);
  await redis.del(KEY);
}

/**
 * What has become of a plan: `announced` while it is to be done; `over` when it is done, or another one is to be; `lost` when the
 * database knows nothing of either.
 */
export async function stateOfPlan(redis: Redis, plan: Plan): Promise<'announced' | 'over' | 'lost'> {
  const text = await redis.get(KEY);
  if (text !== null) return isOf(text, plan) ? 'announced' : 'over';
  return (await redis.get(DONE)) === digest(plan) ? 'over' : 'lost';
}

/**
 * The plan that a queue is for.
 *
 * @param url - Of the Redis server.
 * @param signal - Ends the wait for it.
 * @throws HalfspaceError `queue-unreachable`, `queue-refused`, `aborted`, `no-queued-run`, and `bad-plan` or `other-version` for what is no plan
 */
export async function readQueuedPlan(url: string, signal?: AbortSignal): Promise<Plan> {
  const server = await connect(url, { signal });
  try {
    const text = await server.use(async (redis) => redis.get(KEY));
    if (text !== null) return parseQueuedPlan(text);
    throw new HalfspaceError(
      'no-queued-run',
      'There is nothing to do in this queue. Start a run with halfspace evaluate --queue first.',
    );
  } finally {
    server.disconnect();
  }
}

/**
 * Reads a plan that stood in a queue, where anyone may have put it who can reach it.
 *
 * @throws HalfspaceError `bad-plan`, `other-version`
 */
export function parseQueuedPlan(text: string): Plan {
  try {
    return parsePlan(text, 'What the queue holds');
  } catch (error) {
    if (!(error instanceof HalfspaceError) || error.code !== 'corrupt-run') throw error;
    throw new HalfspaceError('bad-plan', `${error.message} Mind who can write to this queue.`, {
      cause: error,
    });
  }
}

function isOf(text: string, plan: Plan): boolean {
  try {
    return digest(JSON.parse(text)) === digest(plan);
  } catch {
    return false;
  }
}
