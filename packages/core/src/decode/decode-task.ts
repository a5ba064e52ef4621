import type { Backend } from '@halfspace/contracts';
import type { Formula } from '../formula/compile.js';
import type { CheckedOptions } from '../options/options.js';
import type { OpenMasks } from '../plugins/open-masks.js';
import type { SteeredPrompt } from '../step/bonus/steering.js';
import type { BoundAttribute } from '../step/margins/bound-attributes.js';
import { createMarginReader } from '../step/margins/margin-reader.js';
import type { ReferenceSettings } from '../step/reference/reference-distribution.js';
import type { StepSettings } from '../step/stages.js';

/** What is to be decoded, with everything already checked. */
export interface DecodeTask {
  readonly backend: Backend;
  readonly prompts: readonly SteeredPrompt[];
  readonly attributes: readonly BoundAttribute[];
  /** Takes the place of weights. */
  readonly formula: Formula | undefined;
  readonly options: CheckedOptions;
  /** Of the filters that have any. Who makes the task releases them. */
  readonly masks: OpenMasks;
  readonly signal: AbortSignal | undefined;
}

/** A task with what its steps have in common. */
export interface DecodeRun extends DecodeTask, StepSettings {
  /** How the model's distribution becomes the reference distribution. */
  readonly reference: ReferenceSettings;
}

/**
 * Prepares a task.
 *
 * @param backend - That of the task, whose answers are checked.
 */
export function createRun(task: DecodeTask, backend: Backend): DecodeRun {
  const { attributes, options } = task;
  return {
    ...task,
    backend,
    tokenizer: backend.tokenizer,
    marginReader: createMarginReader(attributes, backend.model.width),
    rowCost: backend.model.rowCost,
    reference: { ...options, logitBias: biasesOf(options) },
  };
}

function biasesOf({ logitBias }: CheckedOptions): ReadonlyMap<number, number> {
  return new Map(Object.entries(logitBias).map(([token, bias]) => [Number(token), bias]));
}
