import { HalfspaceError } from '@halfspace/core';
import type { Redis } from 'ioredis';
import { digest, type Plan } from '../run/plan.js';
import { connect } from './connect.js';

/** Where a Redis database holds the plan that its queue is for: one at a time. */
const KEY = 'halfspace:evaluate:plan';

/** Name of the queue of a plan. */
export function queueName(plan: Plan): string {
  return `halfspace-${digest(plan).slice(0, 16)}`;
}

/**
 * Says to workers what is to be done.
 *
 * @throws HalfspaceError `queue-in-use` when another plan is being worked on
 */
export async function announcePlan(redis: Redis, plan: Plan): Promise<void> {
  await redis.setnx(KEY, JSON.stringify(plan));
  const announced = await announcedPlan(redis);
  if (announced !== undefined && digest(announced) === digest(plan)) return;
  throw new HalfspaceError(
    'queue-in-use',
    'Another run uses this queue. Wait for it, or name another database, as in redis://host:6379/1.',
  );
}

/** Says that there is nothing to do any more. */
export async function withdrawPlan(redis: Redis): Promise<void> {
  await redis.del(KEY);
}

/** What is to be done; undefined where there is nothing. */
export async function announcedPlan(redis: Redis): Promise<Plan | undefined> {
  const text = await redis.get(KEY);
  return text === null ? undefined : (JSON.parse(text) as Plan);
}

/**
 * The plan that a queue is for.
 *
 * @param url - Of the Redis server.
 * @throws HalfspaceError `queue-unreachable`, `no-queued-run`
 */
export async function readQueuedPlan(url: string): Promise<Plan> {
  const redis = await connect(url);
  try {
    const plan = await announcedPlan(redis);
    if (plan !== undefined) return plan;
    throw new HalfspaceError(
      'no-queued-run',
      'There is nothing to do in this queue. Start a run with halfspace evaluate --queue first.',
    );
  } finally {
    redis.disconnect();
  }
}
