import type { Context } from '@halfspace/contracts';
import type { SteeredPrompt } from '../step/bonus/steering.js';
import { hashTokens } from '../step/draw/noise.js';
import { startRecord } from '../step/margins/margin-record.js';
import type { TextState } from '../step/margins/margin-reader.js';
import type { StepStatus } from '../step/project/project.js';
import type { OpenText } from '../step/stages.js';
import type { CheckedOptions } from '../options/options.js';
import { valueOf } from '../options/weights.js';
import { createTextAssembler } from '../text/text-assembler.js';
import { tokenText } from '../text/token-text.js';
import type { EarlierAttempts, NextAttempt } from './attempts.js';
import type {
  Completion,
  FailedCompletion,
  FinishedCompletion,
  StreamEvent,
  TokenLogprob,
  TracedSettings,
  TracedStep,
} from './completion.js';
import type { DecodeRun } from './decode-task.js';
import type { Ending } from './outcome.js';

/** In fewer steps than this a scoring attribute may well find nothing to tell candidates apart by. */
const FEW_STEPS = 4;

/** A prompt that has been run, for all prompts of a run that are the same. */
export interface PromptRun {
  readonly context: Context;
  /** State of the prompt. */
  readonly state: TextState;
  /** Its margins. */
  readonly margins: readonly number[];
  readonly promptMs: number;
  /** Tokens of the prompt that the backend did not run. */
  readonly cachedTokens: number;
  /** Completions that are not finished, those not begun included. */
  unfinished: number;
}

/** A prompt that has been run, with what is its own. */
export interface ReadyPrompt {
  readonly index: number;
  readonly prompt: SteeredPrompt;
  readonly run: PromptRun;
}

/** A completion in progress: what the next step needs to know, and what has been recorded. */
export interface LiveCompletion extends OpenText {
  readonly ready: ReadyPrompt;
  readonly earlier: EarlierAttempts | undefined;
  /** What a stream says of it if this attempt is kept. */
  readonly held: StreamEvent[];
  /** Distinct tokens of prompt and completion. */
  readonly seen: Set<number>;
  readonly tokens: number[];
  readonly trace: TracedStep[];
  readonly startedAt: number;
  context: Context;
  /** State of the text so far. */
  state: TextState;
  /** Log-probability of each token by the model itself. */
  readonly logprobs: number[];
  /** The most probable tokens of the present step, where they are asked for. */
  mostProbable: readonly TokenLogprob[];
  /** Those of the steps before. */
  readonly topLogprobs: (readonly TokenLogprob[])[];
  kl: number;
  /** Whether KL of no step is an estimate. */
  klIsExact: boolean;
  /** Candidates that were run through the model. */
  evaluations: number;
  /** For each scoring attribute that steered, whether it made a difference between candidates of any step. */
  readonly differed: Map<string, boolean>;
  /** Steps by what their optimiser came to. */
  readonly statuses: Record<StepStatus, number>;
}

/** Starts a completion; it owns `context`. */
export function startCompletion(
  ready: ReadyPrompt,
  context: Context,
  { sample, attempt, earlier }: NextAttempt,
  options: CheckedOptions,
): LiveCompletion {
  return {
    ready,
    prompt: ready.prompt,
    key: { seed: options.seed, prompt: hashTokens(ready.prompt.tokens), sample, attempt },
    earlier,
    held: [],
    assembler: createTextAssembler(options.stop),
    seen: new Set(ready.prompt.tokens),
    tokens: [],
    trace: [],
    startedAt: earlier?.startedAt ?? performance.now(),
    context,
    state: ready.run.state,
    logprobs: [],
    mostProbable: [],
    topLogprobs: [],
    kl: 0,
    klIsExact: true,
    evaluations: earlier?.best.completion.evaluations ?? 0,
    differed: new Map(),
    statuses: { optimal: 0, inactive: 0, infeasible: 0 },
    margins: startRecord(ready.run.margins),
  };
}

/**
 * The finished record.
 *
 * @param ending - Why it ended; an error that ended it.
 */
export function finishCompletion(live: LiveCompletion, ending: Ending, run: DecodeRun): Completion {
  const { ready } = live;
  const { count, sums, mins } = live.margins;
  const { attributes, options, tokenizer, masks } = run;
  const warnings = warningsOf(live);
  const isComplete = masks.isComplete((ready.prompt.begun ?? '') + live.assembler.text);
  const margins = attributes.map(({ name }, a) => [
    name,
    count === 0 ? { mean: NaN, min: NaN } : { mean: sums[a] / count, min: mins[a] },
  ]);
  const how: Pick<FinishedCompletion, 'finishReason'> | Pick<FailedCompletion, 'finishReason' | 'error'> =
    typeof ending === 'string' ? { finishReason: ending } : { finishReason: 'error', error: ending };
  return {
    prompt: ready.prompt.text,
    promptIndex: ready.index,
    sample: live.key.sample,
    text: live.assembler.text,
    tokens: live.tokens,
    tokenTexts: live.tokens.map((token) => tokenText(tokenizer, token)),
    tokenLogprobs: live.logprobs,
    ...(options.topLogprobs > 0 && { topLogprobs: live.topLogprobs }),
    logprob: live.logprobs.reduce((sum, each) => sum + each, 0),
    promptTokens: ready.prompt.tokens.length,
    cachedTokens: ready.run.cachedTokens,
    kl: live.kl,
    klIsExact: live.klIsExact,
    evaluations: live.evaluations,
    ...(options.redraw !== undefined && { attempts: live.key.attempt + 1 }),
    ...(options.control.mode === 'penalty' ? {} : { statuses: live.statuses }),
    margins: Object.fromEntries(margins) as Completion['margins'],
    ...how,
    ...(isComplete !== undefined && { isComplete }),
    ...(warnings.length > 0 && { warnings }),
    ...(options.trace ? { trace: live.trace, settings: settingsOf(live, run) } : {}),
    timing: { promptMs: ready.run.promptMs, decodeMs: performance.now() - live.startedAt },
  };
}

/** What can do nothing, and what did nothing where there were steps enough to see it. */
function warningsOf({ ready, differed, tokens }: LiveCompletion): string[] {
  const same = [...differed].filter(([, differs]) => !differs).map(([name]) => name);
  const idle = tokens.length < FEW_STEPS ? [] : same;
  return [
    ...ready.prompt.warnings,
    ...idle.map(
      (name) => `"${name}" gave all candidates of each step the same margin: its weight did nothing.`,
    ),
  ];
}

function settingsOf(
  { ready: { prompt } }: LiveCompletion,
  { backend, attributes, options }: DecodeRun,
): TracedSettings {
  const { seed, temperature, formula, bonus } = options;
  const weights = attributes.map(({ name }) => [name, valueOf(prompt.weights[name] ?? 0)] as const);
  const capped = formula === undefined && bonus === 'margin';
  const caps = attributes.map(({ name }, a) => [name, prompt.steering.caps[a]] as const);
  return {
    model: backend.model.fingerprint,
    seed,
    temperature,
    weights: Object.fromEntries(weights),
    ...(formula !== undefined && { formula }),
    bonus,
    ...(capped && { caps: Object.fromEntries(caps) }),
  };
}
