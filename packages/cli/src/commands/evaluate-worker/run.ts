import { createHalfspace } from '@halfspace/core';
import { assertModelOfPlan, evaluateModule, openUnitRunner } from '@halfspace/evaluate';
import { readQueuedPlan, workQueue } from '@halfspace/evaluate-queue';
import { projectRegistry } from '../../config/project-modules.js';
import { pluralise } from '../../terminal/pluralise.js';
import type { EvaluateWorkerFlags } from './flags.js';
import { arithmeticOf } from '../../model/arithmetic-of-plan.js';
import { attributesOfPlan } from '../../attributes/attributes-named.js';
import { note, print, printJson } from '../../terminal/output.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace evaluate-worker`. */
export async function evaluateWorker(flags: EvaluateWorkerFlags, signal: AbortSignal): Promise<void> {
  const registry = await projectRegistry(evaluateModule);
  const plan = await readQueuedPlan(flags.queue, signal);
  const attributes = await attributesOfPlan(plan, flags.attribute);
  const { precision, device } = arithmeticOf(plan);
  const done = await withBackend({ ...flags, precision, device }, signal, async (backend) => {
    const halfspace = await createHalfspace({ backend, attributes });
    assertModelOfPlan(plan, halfspace, precision, device);
    const runner = await openUnitRunner(plan, halfspace, { registry });
    return workQueue(flags.queue, plan, runner, { signal, onNotice: note }).finally(async () =>
      runner.dispose(),
    );
  });
  if (flags.json) printJson({ done });
  else print(`Completed ${pluralise(done, 'prompt')} here.`);
}
