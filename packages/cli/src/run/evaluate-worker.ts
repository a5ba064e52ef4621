import { createHalfspace } from '@halfspace/core';
import { assertModelOfPlan, openUnitRunner, readQueuedPlan, workQueue, type Plan } from '@halfspace/evaluate';
import { amount } from '../amount.js';
import type { EvaluateWorkerFlags } from '../commands/evaluate-worker.js';
import { loadAttributes } from '../load-attributes.js';
import { print, printJson } from '../output.js';
import { withBackend } from '../with-backend.js';

/** `halfspace evaluate-worker`. */
export async function evaluateWorker(flags: EvaluateWorkerFlags, signal: AbortSignal): Promise<void> {
  const plan = await readQueuedPlan(flags.queue);
  const attributes = await attributesOf(plan, flags);
  // A plan has one of the two: it was made by this command.
  const precision = plan.model.precision as 'f32' | 'int8';
  const done = await withBackend({ ...flags, precision }, signal, async (backend) => {
    const halfspace = createHalfspace({ backend, attributes });
    assertModelOfPlan(plan, halfspace, precision);
    const runner = await openUnitRunner(plan, halfspace);
    return workQueue(flags.queue, plan, runner, { signal }).finally(async () => runner.dispose());
  });
  if (flags.json) printJson({ done });
  else print(`Completed ${amount(done, 'prompt')} here.`);
}

/** Those of the plan, in its order: by the paths that the user gave, the others by their names. */
async function attributesOf({ attributes }: Plan, { attribute = [] }: EvaluateWorkerFlags) {
  const given = await loadAttributes(attribute, 0);
  const found = new Map(given.map((each) => [each.attribute.name, each.attribute]));
  const others = Object.keys(attributes).filter((name) => !found.has(name));
  const named = await loadAttributes(
    others.map((source) => ({ source })),
    0,
  );
  for (const each of named) found.set(each.attribute.name, each.attribute);
  return Object.keys(attributes).flatMap((name) => found.get(name) ?? []);
}
