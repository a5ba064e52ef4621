import type { BoundAttribute } from '../step/margins/bound-attributes.js';
import type { Backend, Context } from '../contracts/backend.js';
import type { Completion, FinishReason, StreamEvent, TracedSettings, TracedStep } from './completion.js';
import { candidateOf } from '../text/candidate.js';
import type { TextStep } from '../contracts/step.js';
import type { Tokenizer } from '../contracts/tokenizer.js';
import type { HalfspaceError } from '../errors.js';
import type { TextState } from '../step/margins/meter.js';
import { hashTokens, type NoiseKey } from '../step/draw/noise.js';
import type { StepStatus } from '../step/project/project.js';
import type { CheckedOptions } from '../options/options.js';
import type { EarlierDrafts } from './attempts.js';
import type { SteeredPrompt } from '../step/bonus/steering.js';
import { createTextAssembler, type TextAssembler } from '../text/text-assembler.js';

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
  /** Completions that are not finished, those not begun included. */
  unfinished: number;
}

/** A prompt that has been run, with what is its own. */
export interface ReadyPrompt {
  readonly index: number;
  readonly prompt: SteeredPrompt;
  readonly run: PromptRun;
}

/** Which draft of which completion is to be written. */
export interface NextDraft {
  /** Of the prompt. */
  readonly index: number;
  readonly sample: number;
  /** From 0. */
  readonly draft: number;
  readonly earlier?: EarlierDrafts;
}

/** A completion in progress: what the next step needs to know, and what has been recorded. */
export interface LiveCompletion {
  readonly ready: ReadyPrompt;
  readonly key: NoiseKey;
  readonly earlier: EarlierDrafts | undefined;
  /** What a stream says of it if this draft is kept. */
  readonly held: StreamEvent[];
  readonly assembler: TextAssembler;
  /** Distinct tokens of prompt and completion. */
  readonly seen: Set<number>;
  readonly tokens: number[];
  readonly trace: TracedStep[];
  readonly startedAt: number;
  context: Context;
  /** State of the text so far. */
  state: TextState;
  logprob: number;
  kl: number;
  /** Candidates that were run through the model. */
  rows: number;
  /** For each scoring attribute that steered, whether it made a difference between candidates of any step. */
  readonly differed: Map<string, boolean>;
  /** Steps by what their optimiser came to. */
  readonly statuses: Record<StepStatus, number>;
  /** Number of margins that were recorded for each attribute, their sums and least values. */
  measured: number;
  readonly marginSums: Float64Array;
  readonly marginMins: Float64Array;
}

/** Starts a completion; it owns `context`. */
export function startCompletion(
  ready: ReadyPrompt,
  context: Context,
  { sample, draft, earlier }: NextDraft,
  options: CheckedOptions,
): LiveCompletion {
  const attributes = ready.run.state.distances.length;
  return {
    ready,
    key: { seed: options.seed, prompt: hashTokens(ready.prompt.tokens), sample, draft },
    earlier,
    held: [],
    assembler: createTextAssembler(options.stop),
    seen: new Set(ready.prompt.tokens),
    tokens: [],
    trace: [],
    startedAt: earlier?.startedAt ?? performance.now(),
    context,
    state: ready.run.state,
    logprob: 0,
    kl: 0,
    rows: earlier?.best.completion.rows ?? 0,
    differed: new Map(),
    statuses: { optimal: 0, inactive: 0, infeasible: 0 },
    measured: 0,
    marginSums: new Float64Array(attributes),
    marginMins: new Float64Array(attributes).fill(Infinity),
  };
}

/** The completion as text, with some candidates for its next token, as plugins see it. */
export function textStep(
  { ready, assembler }: LiveCompletion,
  tokens: readonly number[],
  tokenizer: Tokenizer,
): TextStep {
  const candidates = tokens.map((token) => candidateOf(token, assembler, tokenizer));
  return { prompt: ready.prompt.text, prefix: assembler.text, candidates: Object.freeze(candidates) };
}

/** Records the margins of the text after its latest token. */
export function recordMargins(live: LiveCompletion, margins: readonly number[]): void {
  live.measured++;
  margins.forEach((margin, a) => {
    live.marginSums[a] += margin;
    live.marginMins[a] = Math.min(live.marginMins[a], margin);
  });
}

/** For each attribute, the mean of the margins at the end of the prompt and after every token since. */
export function levelsOf({ ready, marginSums, measured }: LiveCompletion): Float64Array {
  return marginSums.map((sum, a) => (sum + ready.run.margins[a]) / (measured + 1));
}

/** What the completions of a run have in common. */
interface Run {
  readonly backend: Backend;
  readonly attributes: readonly BoundAttribute[];
  readonly options: CheckedOptions;
}

/**
 * The finished record.
 *
 * @param ending - Why it ended; an error that ended it.
 */
export function finishCompletion(
  live: LiveCompletion,
  ending: Exclude<FinishReason, 'error'> | HalfspaceError,
  run: Run,
): Completion {
  const { ready, measured } = live;
  const { attributes, options } = run;
  const warnings = warningsOf(live);
  const margins = attributes.map(({ name }, a) => [
    name,
    measured === 0
      ? { mean: NaN, min: NaN }
      : { mean: live.marginSums[a] / measured, min: live.marginMins[a] },
  ]);
  return {
    prompt: ready.prompt.text,
    promptIndex: ready.index,
    sample: live.key.sample,
    text: live.assembler.text,
    tokens: live.tokens,
    logprob: live.logprob,
    kl: live.kl,
    rows: live.rows,
    ...(options.redraw !== undefined && { drafts: live.key.draft + 1 }),
    ...(options.control.mode === 'penalty' ? {} : { statuses: live.statuses }),
    margins: Object.fromEntries(margins) as Completion['margins'],
    ...(typeof ending === 'string' ? { finishReason: ending } : { finishReason: 'error', error: ending }),
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
  { backend, attributes, options }: Run,
): TracedSettings {
  const { seed, formula, form, cap } = options;
  const weights = attributes.map(({ name }) => [name, prompt.attributes[name] ?? 0] as const);
  return {
    model: backend.model.fingerprint,
    seed,
    attributes: Object.fromEntries(weights),
    ...(formula !== undefined && { formula }),
    form,
    cap: prompt.steering.capped ? cap : Infinity,
  };
}
