import { createHalfspace } from '@halfspace/core';
import { createPlan, mergeRuns, readRun, runUnits, startRun, type RunDirectory } from '@halfspace/evaluate';
import type { EvaluateFlags } from '../commands/evaluate.js';
import { readMethods } from '../evaluate/read-methods.js';
import { readSuites } from '../evaluate/read-suites.js';
import { loadAttributes } from '../load-attributes.js';
import { print, printJson } from '../output.js';
import { createProgress } from '../progress.js';
import { withBackend } from '../with-backend.js';

/** What methods are compared with: the arithmetic that the faster one of this machine is differs between them. */
const PRECISION = 'f32';

/** `halfspace evaluate`. */
export async function evaluate(flags: EvaluateFlags, signal: AbortSignal): Promise<void> {
  const run = await runOf(flags, signal);
  if (flags.json) printJson({ run: run.path, plan: run.plan });
  else print(`Written to ${run.path}.`);
}

async function runOf(flags: EvaluateFlags, signal: AbortSignal): Promise<RunDirectory> {
  const { suite, method, merge, out } = flags;
  if (merge !== undefined) return mergeRuns(merge, out);
  if (suite === undefined || method === undefined) return readRun(out);
  return complete({ ...flags, suite, method }, signal);
}

async function complete(
  flags: EvaluateFlags & Required<Pick<EvaluateFlags, 'suite' | 'method'>>,
  signal: AbortSignal,
): Promise<RunDirectory> {
  const prompts = await readSuites(flags.suite, flags.limit, signal);
  const { methods, attributes: named } = await readMethods(flags.method, signal);
  const attributes = await loadAttributes(distinctSources([...named, ...(flags.attribute ?? [])]));
  const { maxTokens, temperature, topP, topK, samples, seed, shard, out, precision = PRECISION } = flags;
  return withBackend({ ...flags, precision }, signal, async (backend) => {
    const halfspace = createHalfspace({ backend, attributes: attributes.map(({ attribute }) => attribute) });
    const decoding = { maxTokens, temperature, topP, topK };
    const plan = createPlan({ halfspace, precision, decoding, samples, seed, methods, prompts });
    const run = await startRun(out, plan, prompts);
    const progress = createProgress('Completing', (done, total) => `${done} of ${total} prompts`);
    await runUnits(run, halfspace, {
      shard,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
    return run;
  });
}

function distinctSources<T extends { readonly source: string }>(choices: readonly T[]): T[] {
  return [...new Map(choices.map((choice) => [choice.source, choice])).values()];
}
