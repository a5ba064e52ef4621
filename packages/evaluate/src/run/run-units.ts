import {
  guardPlugin,
  HalfspaceError,
  throwIfAborted,
  type Completion,
  type Halfspace,
} from '@halfspace/core';
import type { MethodModel, OpenMethod } from '../methods/method.js';
import { openMethod, type MethodLookup } from '../methods/method-spec.js';
import type { SuitePrompt } from '../suites/suite-prompt.js';
import type { Plan } from './plan.js';
import { completionsLog, type Shard } from './run-directory.js';
import type { RunDirectory } from './run-parts.js';
import { complaintOf, isUnitResult } from './run-schema.js';
import type { UnitResult } from './unit.js';
import { openUnitLog } from './unit-log.js';

/** Does single units of a plan. */
export interface UnitRunner {
  /** All samples of a prompt by the method with this name. */
  run(method: string, prompt: SuitePrompt, signal?: AbortSignal): Promise<UnitResult>;
  /** How one sample comes about, with those before it; undefined where the method cannot say. */
  trace(
    method: string,
    prompt: SuitePrompt,
    sample: number,
    signal?: AbortSignal,
  ): Promise<Completion | undefined>;
  /** Frees what the methods have loaded, not the model. */
  dispose(): Promise<void>;
}

/**
 * Makes every method of a plan ready, so that one which cannot work is found before any does.
 *
 * @throws HalfspaceError what a method refuses
 */
export async function openUnitRunner(
  plan: Plan,
  halfspace: Halfspace,
  { registry }: MethodLookup = {},
): Promise<UnitRunner> {
  const { decoding, attributes, samples, seed } = plan;
  const model: MethodModel = { halfspace, decoding, measured: Object.keys(attributes) };
  const opened = new Map<string, OpenMethod>();
  const dispose = async () => {
    for (const method of opened.values()) await method.dispose();
    opened.clear();
  };
  try {
    for (const spec of plan.methods) opened.set(spec.name, await openMethod(spec, model, { registry }));
  } catch (error) {
    await dispose();
    throw error;
  }
  const methodOf = (name: string) => {
    const method = opened.get(name);
    if (method === undefined) throw new Error(`The plan has no method "${name}".`);
    return method;
  };
  return {
    async run(name, prompt, signal) {
      const method = methodOf(name);
      const begin = performance.now();
      const completions = await guardPlugin(
        `method "${name}"`,
        async () => method.complete({ prompt, samples, seed, signal }),
        signal,
      );
      const result = {
        method: name,
        suite: prompt.suite,
        prompt: prompt.id,
        ms: performance.now() - begin,
        // Kibibytes, whatever the system.
        peakMemory: process.resourceUsage().maxRSS * 1024,
        extraParameters: method.extraParameters,
        completions,
      };
      assertResult(result, samples);
      return result;
    },
    async trace(name, prompt, sample, signal) {
      const request = { prompt, samples: sample + 1, seed, trace: true, signal };
      const completions = await guardPlugin(
        `method "${name}"`,
        async () => methodOf(name).complete(request),
        signal,
      );
      return completions[sample].traced;
    },
    dispose,
  };
}

/** A method may be anybody's: what it gives is looked at before it is written down. */
function assertResult(result: UnitResult, samples: number): void {
  const complaint = isUnitResult(result)
    ? result.completions.length === samples
      ? undefined
      : `${result.completions.length} completions where ${samples} were asked for`
    : complaintOf(isUnitResult);
  if (complaint === undefined) return;
  throw new HalfspaceError(
    'bad-method',
    `The method "${result.method}" gave what is no result: ${complaint}.`,
  );
}

/** How far a run is. */
export interface RunProgress {
  /** Units done, those of earlier times included. */
  readonly done: number;
  /** Units of the run, or of the shard. */
  readonly total: number;
}

/** Settings of {@link runUnits}. */
export interface RunUnitsOptions extends MethodLookup {
  /** Do a part of the prompts only (default: all). */
  readonly shard?: Shard | undefined;
  /** Ends the work with the error `aborted`; what is done is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Called at the beginning and after each unit. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
}

/**
 * Does what of a run is not done yet, prompt by prompt with every method, and records each unit as it is done. It can be
 * stopped at any time, however rudely: the next call goes on where it was.
 *
 * @throws HalfspaceError `run-in-use`, `corrupt-run`, `aborted`, and what a method refuses
 */
export async function runUnits(
  run: RunDirectory,
  halfspace: Halfspace,
  { shard, signal, onProgress, registry }: RunUnitsOptions = {},
): Promise<void> {
  const { plan } = run;
  const prompts = shard === undefined ? run.prompts : promptsOfShard(run.prompts, shard);
  const total = prompts.length * plan.methods.length;
  const { path, header, check } = completionsLog(run, shard);
  const log = await openUnitLog<UnitResult>(path, header, check);
  try {
    const missing = prompts.flatMap((prompt) =>
      plan.methods
        .filter(({ name }) => !log.has({ method: name, suite: prompt.suite, prompt: prompt.id }))
        .map(({ name }) => ({ name, prompt })),
    );
    onProgress?.({ done: total - missing.length, total });
    if (missing.length === 0) return;
    const runner = await openUnitRunner(plan, halfspace, { registry });
    try {
      for (const [index, { name, prompt }] of missing.entries()) {
        throwIfAborted(signal);
        await log.append(await runner.run(name, prompt, signal));
        onProgress?.({ done: total - missing.length + index + 1, total });
      }
    } finally {
      await runner.dispose();
    }
  } finally {
    await log.close();
  }
}

/** Every `of`-th prompt, so that each shard has its share of every suite. */
export function promptsOfShard(prompts: readonly SuitePrompt[], { index, of }: Shard): SuitePrompt[] {
  return prompts.filter((_, i) => i % of === index - 1);
}
