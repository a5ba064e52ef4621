import { createHalfspace } from '@halfspace/core';
import {
  assertModelOfPlan,
  evaluateModule,
  type RunDirectory,
  type RunReport,
  traceRun,
} from '@halfspace/evaluate';
import type { EvaluateFlags } from './flags.js';
import { projectRegistry } from '../../config/project-modules.js';
import { withBackend } from '../../model/with-backend.js';
import { arithmeticOf } from '../../model/arithmetic-of-plan.js';
import { attributesOfPlan } from '../../attributes/attributes-named.js';
import { shown } from '../../terminal/progress.js';

/** Records how the worst completions of each method came about, `count` of each. */
export async function traceWorst(
  run: RunDirectory,
  { suites }: RunReport,
  count: number,
  flags: EvaluateFlags,
  signal: AbortSignal,
): Promise<void> {
  const { plan } = run;
  const samples = suites.flatMap(({ suite, methods }) =>
    methods.flatMap(({ method, worst }) =>
      worst.slice(0, count).map(({ id, sample }) => ({ method, suite, prompt: id, sample })),
    ),
  );
  const attributes = await attributesOfPlan(plan, flags.attribute);
  const registry = await projectRegistry(evaluateModule);
  const { precision, device } = arithmeticOf(plan);
  await withBackend({ ...flags, precision, device }, signal, async (backend) => {
    const halfspace = await createHalfspace({ backend, attributes });
    assertModelOfPlan(plan, halfspace, precision, device);
    await shown('Tracing', async (onProgress) =>
      traceRun(run, halfspace, samples, { registry, signal, onProgress }),
    );
  });
}
