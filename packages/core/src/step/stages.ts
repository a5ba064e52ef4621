import type { Context, LookAhead, Tokenizer } from '@halfspace/contracts';
import type { Formula } from '../formula/compile.js';
import type { CheckedOptions } from '../options/options.js';
import type { TextAssembler } from '../text/text-assembler.js';
import type { SteeredPrompt, WeightedAttribute } from './bonus/steering.js';
import type { NoiseKey } from './draw/noise.js';
import type { BoundAttribute } from './margins/bound-attributes.js';
import type { MarginRecord } from './margins/margin-record.js';
import type { MarginReader, TextState, CandidateBatch } from './margins/margin-reader.js';
import type { ControlledStep } from './project/control-step.js';
import type { Reference } from './reference/reference-distribution.js';

/** A text that is being written, as its next step sees it. */
export interface OpenText {
  readonly prompt: SteeredPrompt;
  /** What its noise depends on. */
  readonly key: NoiseKey;
  readonly context: Context;
  /** Written so far. */
  readonly tokens: readonly number[];
  /** Distinct tokens of prompt and completion. */
  readonly seen: ReadonlySet<number>;
  readonly assembler: TextAssembler;
  /** What has been read off it. */
  readonly state: TextState;
  /** Its margins so far. */
  readonly margins: MarginRecord;
  /** Nats that its steps have spent. */
  readonly kl: number;
}

/** What the steps of a run have in common. */
export interface StepSettings {
  readonly tokenizer: Tokenizer;
  readonly attributes: readonly BoundAttribute[];
  /** Takes the place of weights. */
  readonly formula: Formula | undefined;
  readonly options: CheckedOptions;
  readonly marginReader: MarginReader;
  /** What one more candidate of a call costs, as a share of a call; undefined where nothing is known. */
  readonly rowCost: number | undefined;
}

/** A step whose candidates are known, by the reference distribution after filters. */
export interface ReferredStep {
  readonly text: OpenText;
  readonly reference: Reference;
}

/** Candidates of a step that were run in one call, and can be kept. */
export interface LookAheadBatch extends CandidateBatch {
  readonly look: LookAhead;
}

/** A step with its weights and noise, before its way to a choice is chosen. */
export interface WeightedStep extends ReferredStep {
  /** The attributes, with their weights in this step. */
  readonly weighted: readonly WeightedAttribute[];
  /** Log-reference plus noise times the temperature, of each candidate. */
  readonly perturbed: Float64Array;
  /** What was run, in order; look-ahead adds to it. */
  readonly batches: LookAheadBatch[];
  /** For each attribute, the distances of all candidates, NaN where not evaluated; look-ahead and plugins fill them in. */
  readonly distances: readonly Float64Array[];
}

/** A step that knows which candidates it will run, and how it will choose. */
export interface PlannedStep extends WeightedStep {
  readonly way: Way;
  /** Candidates to run next, ascending, as indices; none once the step has what its choice depends on. */
  readonly toRun: readonly number[];
}

/** A step that has chosen. */
export interface SettledStep {
  /** The candidate that was drawn, as an index. */
  readonly chosen: number;
  /** KL(q‖p) in nats, or an estimate of it. */
  readonly kl: number;
  /** Whether it is no estimate. */
  readonly klIsExact: boolean;
  /** Log-probability of each candidate, at temperature 1; undefined where not all are known. */
  readonly logQ: Float64Array | undefined;
  /** What the optimiser came to, where one ran. */
  readonly controlled?: ControlledStep;
}

/** How a step comes to its choice: `plain`, `lazy`, `eager` or `text-first`, a file each in `look-ahead/`. */
export interface Way {
  /** Whether scoring attributes are asked before any candidate is run. */
  readonly scoresFirst: boolean;
  /** Candidates to run next, ascending, as indices; none once the step has what it needs. */
  candidatesToRun(step: WeightedStep, settings: StepSettings): number[];
  /** Candidates that scoring attributes are asked about before the choice, as indices. */
  candidatesToScore(step: WeightedStep): number[];
  /**
   * The choice, once everything is known that it depends on.
   *
   * @throws HalfspaceError `formula-not-finite`
   */
  settle(step: WeightedStep, settings: StepSettings): SettledStep;
}
