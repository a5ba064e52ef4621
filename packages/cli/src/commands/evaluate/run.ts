import { createHalfspace, type Judge } from '@halfspace/core';
import {
  attributesOfMethod,
  createPlan,
  evaluateModule,
  mergeRuns,
  readRun,
  reportRun,
  type RunDirectory,
  runWarnings,
  runUnits,
  startRun,
} from '@halfspace/evaluate';
import type { EvaluateFlags } from './flags.js';
import { projectRegistry } from '../../config/project-modules.js';
import { attributesNamed } from '../../attributes/attributes-named.js';
import { judgeCompletions } from './judge-completions.js';
import { shown } from '../../terminal/progress.js';
import { PRECISION } from '../../options/model.js';
import { loadJudge } from './load-judge.js';
import { readMethods } from '../../request/read-methods.js';
import { readSuites } from './read-suites.js';
import { traceWorst } from './trace-worst.js';
import { showReport, writeReport } from '../../reports/run/write-report.js';
import { onlyFor } from '../../attributes/load-attributes.js';
import { errColours } from '../../terminal/colours.js';
import { inLine } from '../../terminal/harmless.js';
import { note, print, printJson } from '../../terminal/output.js';
import { withBackend } from '../../model/with-backend.js';

/** `halfspace evaluate`. */
export async function evaluate(flags: EvaluateFlags, signal: AbortSignal): Promise<void> {
  const run = await judgedRun(flags, signal);
  const report = await reportRun(run);
  if (flags.explainWorst !== undefined) await traceWorst(run, report, flags.explainWorst, flags, signal);
  await writeReport(run, report);
  await tellOfIdleParts(run);
  if (flags.json) return printJson(report);
  showReport(report);
  print(`\nWritten to ${run.path}: report.html, report.md, report.json.`);
}

/** Says what of a method did nothing, as `generate` does. */
async function tellOfIdleParts(run: RunDirectory): Promise<void> {
  for (const { method, warning } of await runWarnings(run)) {
    note(`${errColours.yellow('warning')}: Method ${inLine(method)}: ${inLine(warning)}`);
  }
}

/** The run, completed and judged; judges are given back however that ends. */
async function judgedRun(flags: EvaluateFlags, signal: AbortSignal): Promise<RunDirectory> {
  const judges: Judge[] = [];
  try {
    // Before the work, so that a wrong path is found at once.
    for (const name of flags.judge ?? []) judges.push(await loadJudge(name, signal));
    const run = await runOf(flags, signal);
    await judgeCompletions(run, judges, flags, signal);
    return run;
  } finally {
    for (const judge of judges) await judge.dispose();
  }
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
  const { methods, sources } = await readMethods(flags.method, signal);
  const attributes = await attributesNamed(sources, flags.attribute);
  const {
    maxTokens,
    temperature,
    topP,
    topK,
    samples,
    seed,
    shard,
    queue,
    out,
    precision = PRECISION,
    controlTokens,
  } = flags;
  const registry = await projectRegistry(evaluateModule);
  // One that no method speaks of may be for any model.
  const names = await Promise.all(methods.map(async (each) => attributesOfMethod(each, { registry })));
  const named = new Set(names.flat());
  const required = onlyFor(attributes.filter(({ name }) => named.has(name)));
  const run = await withBackend({ ...flags, precision, ...required }, signal, async (backend, device) => {
    const halfspace = await createHalfspace({ backend, attributes });
    const decoding = { maxTokens, temperature, topP, topK, ...(controlTokens && { controlTokens }) };
    const plan = await createPlan({
      halfspace,
      precision,
      device,
      decoding,
      samples,
      seed,
      methods,
      prompts,
      registry,
    });
    const started = await startRun(out, plan, prompts);
    if (queue !== undefined) return started;
    await shown('Completing', async (onProgress) =>
      runUnits(started, halfspace, { registry, shard, signal, onProgress }),
    );
    return started;
  });
  if (queue !== undefined) {
    note(`Waiting for workers: halfspace evaluate-worker --queue ${withoutPassword(queue)}`);
    // Loaded when needed: most runs have no queue.
    const { runQueued } = await import('@halfspace/evaluate-queue');
    await shown('Completing', async (onProgress) =>
      runQueued(run, queue, { signal, onProgress, onNotice: note }),
    );
  }
  return run;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/, '//…@');
}
