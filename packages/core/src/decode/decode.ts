import { type BoundAttribute, isScoring } from '../step/margins/bound-attributes.js';
import { type BonusBounds, boundBonus } from '../step/look-ahead/bonus-bounds.js';
import { checkAnswers } from '../plugins/check-answers.js';
import type { Backend } from '../contracts/backend.js';
import type { FinishReason, StreamEvent } from './completion.js';
import {
  allowance,
  type ControlledStep,
  controlStep,
  type MeasuredAttribute,
} from '../step/project/control-step.js';
import { perturb, winnerOf } from '../step/draw/draw.js';
import { filterReference } from '../step/reference/filter-reference.js';
import { type HalfspaceError, isHalfspaceError, throwIfAborted } from '../errors.js';
import type { Formula, FormulaStep } from '../formula/compile.js';
import { doubtMargins, expectMargins } from '../step/look-ahead/predict-margins.js';
import { formulaBonus } from '../step/bonus/formula-bonus.js';
import { estimateDivergence, nextWave } from '../step/look-ahead/lazy-look-ahead.js';
import {
  finishCompletion,
  levelsOf,
  type LiveCompletion,
  type NextDraft,
  type PromptRun,
  recordMargins,
  startCompletion,
  textStep,
} from './live-completion.js';
import { type PendingStep, runWave } from './measure-steps.js';
import { marginOf } from '../step/margins/margins.js';
import { createMeter, type TextState } from '../step/margins/meter.js';
import type { CheckedOptions } from '../options/options.js';
import { betterOf, lackOf } from './attempts.js';
import { groupPrompts } from './prompt-groups.js';
import {
  type Reference,
  referenceDistribution,
  referenceRequest,
} from '../step/reference/reference-distribution.js';
import type { SteeredPrompt, Steering, WeightedAttribute } from '../step/bonus/steering.js';
import { bonusOf } from '../step/bonus/bonus.js';
import { tracedStep } from './traced-step.js';

/** Rows that a step of steered decoding is expected to evaluate when top-k sets no limit. */
const ROWS_WITHOUT_TOP_K = 64;

/** Rows that it is expected to evaluate with a cap. */
const ROWS_WITH_CAP = 3;

/** What a step came to. */
interface Outcome {
  readonly chosen: number;
  readonly kl: number;
  /** Log-probability of each candidate; undefined where not all are known. */
  readonly logQ: Float64Array | undefined;
  /** How it was steered; undefined where it was not, and with lazy look-ahead. */
  readonly controlled?: ControlledStep;
}

/** Why a completion ended, if it did. */
type Ending = Exclude<FinishReason, 'error'> | HalfspaceError | undefined;

/** What is to be decoded, with everything already checked. */
export interface DecodeTask {
  readonly backend: Backend;
  readonly prompts: readonly SteeredPrompt[];
  readonly attributes: readonly BoundAttribute[];
  /** Takes the place of weights. */
  readonly formula: Formula | undefined;
  readonly options: CheckedOptions;
  readonly signal: AbortSignal | undefined;
}

/**
 * The decode loop. A pool of completions advances together: each round is one call of the output head, for those that
 * begin a step, and one of the trunk, for candidates of all. A step takes one round, or a few where look-ahead is
 * lazy, while others go on; the winner's keys and values are kept.
 * Completions are reported as they finish, and everything is released however the loop is left.
 */
export async function* decode(task: DecodeTask): AsyncGenerator<StreamEvent, void, undefined> {
  const { prompts, attributes, formula, options, signal } = task;
  const backend = checkAnswers(task.backend);
  const { tokenizer, model } = backend;
  const { control, filters } = options;
  const meter = createMeter(attributes, model.width);
  const mayBeLazy = options.lookAhead === 'lazy' && !options.trace;
  const settings = { ...options, temperature: options.temperature === 0 ? 1 : options.temperature };

  const live = new Set<LiveCompletion>();
  const pending = new Map<LiveCompletion, PendingStep>();
  const groups = groupPrompts(
    prompts,
    prompts.map(({ steering }) => rowsPerStep(steering)),
  );
  /** By the number of their group. */
  const ready = new Map<number, PromptRun>();
  const again: NextDraft[] = [];
  let started = 0;

  /** Starts drafts until the pool is full: those of completions that have had one first, then prompt by prompt. */
  async function fill(): Promise<void> {
    while (live.size < options.concurrency) {
      const next = again.shift() ?? firstDraft();
      if (next === undefined) return;
      const { index } = next;
      const group = groups.groupOf[index];
      const origin = ready.get(group) ?? (await run(index));
      ready.set(group, origin);
      const own = { index, prompt: prompts[index], run: origin };
      live.add(startCompletion(own, backend.fork(origin.context), next, options));
    }
  }

  /** Of the completion that is next in order. */
  function firstDraft(): NextDraft | undefined {
    const { samples } = options;
    if (started === prompts.length * samples) return undefined;
    const next = { index: groups.order[Math.floor(started / samples)], sample: started % samples, draft: 0 };
    started++;
    return next;
  }

  /** The same for lazy and eager look-ahead, because the text must be. */
  function rowsPerStep({ steers, capped, textual }: Steering): number {
    if (!steers || textual) return 1;
    return capped ? ROWS_WITH_CAP : options.topK || ROWS_WITHOUT_TOP_K;
  }

  /** Runs a prompt, for all that are the same. */
  async function run(index: number): Promise<PromptRun> {
    const prompt = prompts[index];
    const begin = performance.now();
    const prefill = await backend.prefill(prompt.tokens, {
      rowsPerStep: rowsPerStep(prompt.steering),
      layers: meter.layers,
      signal,
    });
    const { context } = prefill;
    try {
      const state = meter.stateAt(prefill, prompt.tokens.length - 1);
      const margins = marginsOf(state);
      const promptMs = performance.now() - begin;
      const unfinished = options.samples * groups.sizes[groups.groupOf[index]];
      return { context, state, margins, promptMs, unfinished };
    } catch (error) {
      backend.release(context);
      throw error;
    }
  }

  /** Finds the candidates of all steps. Steps that have none are left out, and noted. */
  async function plan(
    pool: readonly LiveCompletion[],
    failures: Map<LiveCompletion, HalfspaceError>,
  ): Promise<PendingStep[]> {
    const answers = await backend.next(
      pool.map((each) => referenceRequest(each.context, settings, each.seen, tokenizer.vocabularySize)),
    );
    // All of them before anything is waited for: the next call may use the lists of this one again.
    const references = pool.map((each, i) => referenceDistribution(answers[i], settings, each.seen));
    const steps: PendingStep[] = [];
    for (const [i, each] of pool.entries()) {
      const whole = references[i];
      const reference = filters.length === 0 ? whole : await filtered(each, whole);
      if (isHalfspaceError(reference)) failures.set(each, reference);
      else steps.push(pend(each, reference));
    }
    return steps;
  }

  async function filtered(each: LiveCompletion, whole: Reference): Promise<Reference | HalfspaceError> {
    return outcomeOf(filterReference(each, whole, filters, settings, backend));
  }

  function pend(each: LiveCompletion, reference: Reference): PendingStep {
    const { tokens, logReference } = reference;
    const noise = options.temperature === 0 ? undefined : { key: each.key, step: each.tokens.length };
    const perturbed = perturb(logReference, tokens, noise);
    const { steering } = each.ready.prompt;
    const steered = steering.steersAt(each.tokens.length);
    const weighted = steering.weightedAt(each.tokens.length);
    return {
      live: each,
      reference,
      weighted,
      bounds: mayBeLazy && !meter.asks && steered ? boundsAt(each, weighted, tokens) : undefined,
      perturbed,
      decided: steered ? undefined : winnerOf(perturbed, new Float64Array(tokens.length)),
      asked: !meter.asks,
      waves: [],
      distances: meter.start(tokens, tokenizer.endTokens, each.state),
    };
  }

  function isTextual({ live: { ready: origin }, decided }: PendingStep): boolean {
    return mayBeLazy && origin.prompt.steering.textual && decided === undefined;
  }

  /** What is known of bonuses before look-ahead, where they are capped or by a formula that has a ceiling. */
  function boundsAt(
    each: LiveCompletion,
    weighted: readonly WeightedAttribute[],
    tokens: Int32Array,
  ): BonusBounds | undefined {
    const { capped, byFormula } = each.ready.prompt.steering;
    const by = byFormula ? formula : undefined;
    const ceiling = by?.ceilingAt(stepOf(each)) ?? Infinity;
    if (!capped && ceiling === Infinity) return undefined;
    const text = { margins: marginsOf(each.state), levels: levelsOf(each) };
    const weights = weighted.map(({ weight }) => weight);
    const likely = expectMargins(attributes, tokens, tokenizer.endTokens, text);
    const expected = doubtMargins(likely, weights, live.size);
    if (by !== undefined) {
      const bonus = bonusBy(by, expected, each, tokens.length);
      return { expected: bonus, ceiling: bonus.map(() => ceiling) };
    }
    return boundBonus(expected, weights, tokens.length, options.cap);
  }

  function marginsOf({ distances }: TextState): number[] {
    return attributes.map(({ calibration }, a) => marginOf(calibration, distances[a]));
  }

  /** NaN for candidates that have not been run. */
  function bonusIn(step: PendingStep): Float64Array {
    const { live: each, distances, reference, weighted } = step;
    const candidates = reference.tokens.length;
    if (formula !== undefined) return bonusBy(formula, marginColumns(step), each, candidates);
    const cap = each.ready.prompt.steering.capped ? options.cap : Infinity;
    return bonusOf(options.form, distances, weighted, candidates, cap);
  }

  /** @param margins - For each attribute, those of all candidates. */
  function bonusBy(
    by: Formula,
    margins: readonly Float64Array[],
    each: LiveCompletion,
    candidates: number,
  ): Float64Array {
    const own = by.attributes.map((name) => margins[attributes.findIndex((known) => known.name === name)]);
    return formulaBonus(by, own, stepOf(each), candidates);
  }

  function stepOf({ tokens }: LiveCompletion): FormulaStep {
    return { step: tokens.length, progress: tokens.length / options.maxTokens };
  }

  function marginColumns({ distances }: PendingStep): Float64Array[] {
    return attributes.map(({ calibration }, a) =>
      distances[a].map((distance) => marginOf(calibration, distance)),
    );
  }

  function measuredIn(step: PendingStep): MeasuredAttribute[] {
    const margins = marginColumns(step);
    return step.weighted.map(({ name, weight }, a) => ({ name, weight, margins: margins[a] }));
  }

  function next(step: PendingStep): number[] {
    const { reference, perturbed, decided, waves, bounds } = step;
    if (bounds !== undefined) return nextWave(perturbed, bonusIn(step), bounds);
    if (waves.length > 0) return [];
    const candidates = decided === undefined ? [...reference.tokens.keys()] : [decided];
    return candidates.filter((index) => !tokenizer.endTokens.has(reference.tokens[index]));
  }

  /** Asks the plugins about all steps at once. Those whose plugins fail are left out, and noted. */
  async function ask(
    steps: readonly PendingStep[],
    failures: Map<LiveCompletion, HalfspaceError>,
  ): Promise<PendingStep[]> {
    const work = steps.map(async ({ live: each, reference, decided, waves: [wave], distances }) => {
      const asked = decided === undefined ? [...reference.tokens.keys()] : (wave?.rows ?? []);
      if (asked.length === 0) return;
      const tokens = asked.map((candidate) => reference.tokens[candidate]);
      const text = textStep(each, tokens, tokenizer);
      const asking = { step: each.tokens.length, asked, text, wave, before: each.state, signal };
      const failure = await outcomeOf(meter.ask(distances, asking));
      if (failure !== undefined) failures.set(each, failure);
    });
    await Promise.all(work);
    return steps.filter((step) => !failures.has(step.live));
  }

  /** Asks the plugins about those steps that they have not been asked about. */
  async function askTheRest(
    steps: readonly PendingStep[],
    failures: Map<LiveCompletion, HalfspaceError>,
  ): Promise<PendingStep[]> {
    const rest = steps.filter(({ asked }) => !asked);
    return [...steps.filter(({ asked }) => asked), ...(await ask(rest, failures))];
  }

  /** Decides steps by what plugins say of texts, before any candidate is run. */
  async function decide(
    steps: readonly PendingStep[],
    failures: Map<LiveCompletion, HalfspaceError>,
  ): Promise<PendingStep[]> {
    const answered = await ask(steps, failures);
    return answered.map((step) => ({
      ...step,
      decided: winnerOf(step.perturbed, bonusIn(step)),
      asked: true,
    }));
  }

  /** Begins a step of each. Those that cannot are left out, and noted. */
  async function begin(
    pool: readonly LiveCompletion[],
    failures: Map<LiveCompletion, HalfspaceError>,
  ): Promise<PendingStep[]> {
    const steps = pool.length > 0 ? await plan(pool, failures) : [];
    const decided = await decide(steps.filter(isTextual), failures);
    return [...decided, ...steps.filter((step) => !isTextual(step))];
  }

  function settle(step: PendingStep): Outcome {
    const { live: each, reference, perturbed, decided } = step;
    const { logReference } = reference;
    if (decided !== undefined && !each.ready.prompt.steering.steersAt(each.tokens.length)) {
      return { chosen: decided, kl: 0, logQ: logReference };
    }
    noteDifferences(step);
    const bonus = bonusIn(step);
    if (step.bounds !== undefined) {
      const chosen = winnerOf(perturbed, bonus);
      return { chosen, kl: estimateDivergence(perturbed, chosen), logQ: undefined };
    }
    const controlled = optimise(step, bonus);
    const { logQ, kl } = controlled;
    // To the last bit what lazy look-ahead adds.
    const gained = control.mode === 'penalty' ? bonus : logQ.map((value, x) => value - logReference[x]);
    return { chosen: winnerOf(perturbed, gained), kl, logQ, controlled };
  }

  /** Which scoring attributes tell candidates apart. */
  function noteDifferences({ live: each, weighted, distances, reference }: PendingStep): void {
    if (!meter.asks || formula !== undefined || control.mode === 'constraints') return;
    if (reference.tokens.length === 1) return;
    weighted.forEach(({ name, source, weight }, a) => {
      if (weight === 0 || !isScoring(source)) return;
      const [first] = distances[a];
      const differs = distances[a].some((margin) => margin !== first);
      each.differed.set(name, differs || each.differed.get(name) === true);
    });
  }

  function optimise(step: PendingStep, bonus: Float64Array): ControlledStep {
    const { live: each, reference } = step;
    const controlled = controlStep(control, {
      logReference: reference.logReference,
      bonus,
      attributes: measuredIn(step),
      nats: allowance(control, each.tokens.length, each.kl, options.maxTokens),
    });
    each.statuses[controlled.status]++;
    return controlled;
  }

  /** Writes the outcome down and moves the completion on; says why it ended, if it did. */
  async function advance(step: PendingStep): Promise<Ending> {
    const { live: each, reference, waves, distances } = step;
    const { chosen, kl, logQ, controlled } = settle(step);
    const token = reference.tokens[chosen];
    if (options.trace && logQ !== undefined) {
      const before = each.state.distances;
      const record = { reference, before, distances, logQ, chosen, kl, controlled };
      each.trace.push({ step: each.tokens.length, ...tracedStep(record, attributes, tokenizer) });
    }
    each.tokens.push(token);
    each.logprob += reference.logProbs[chosen];
    each.kl += kl;
    each.rows += waves.reduce((sum, { rows }) => sum + rows.length, 0);
    const wave = waves.find(({ rows }) => rows.includes(chosen));
    if (wave === undefined) return 'end';
    each.state = meter.stateAfter(wave, distances, chosen);
    const before = each.context;
    each.context = wave.look.commit(token);
    backend.release(before);
    each.seen.add(token);
    recordMargins(each, marginsOf(each.state));
    if (each.tokens.length === options.maxTokens || each.context.length === model.contextLength)
      return 'length';
    return undefined;
  }

  try {
    for (;;) {
      throwIfAborted(signal);
      await fill();
      if (live.size === 0) return;
      const failures = new Map<LiveCompletion, HalfspaceError>();
      const idle = [...live].filter((each) => !pending.has(each));
      for (const step of await begin(idle, failures)) pending.set(step.live, step);
      const known = await runWave([...pending.values()], { backend, meter, signal, next });
      const measured = await askTheRest(known, failures);
      const endings = new Map<LiveCompletion, Ending>(failures);
      for (const step of measured) endings.set(step.live, await outcomeOf(advance(step)));
      for (const each of live) {
        if (!endings.has(each)) continue;
        pending.delete(each);
        const ending = endings.get(each);
        const reason = tell(each, ending);
        if (options.redraw === undefined) yield* each.held.splice(0);
        if (reason !== undefined) yield* finish(each, reason);
      }
    }
  } finally {
    for (const { context } of ready.values()) backend.release(context);
    for (const each of live) backend.release(each.context);
  }

  /** Notes the latest step and its text as events; says why the draft has ended, if it has. */
  function tell(each: LiveCompletion, ending: Ending): Exclude<Ending, undefined> | undefined {
    const { assembler, key, ready: origin, held } = each;
    const which = { promptIndex: origin.index, sample: key.sample };
    const failed = isHalfspaceError(ending);
    if (options.trace && !failed)
      held.push({ type: 'step', ...which, step: each.trace[each.trace.length - 1] });
    const token = each.tokens[each.tokens.length - 1];
    let text = failed || ending === 'end' ? '' : assembler.push(tokenizer.bytes(token));
    const reason = assembler.stopped ? 'stop' : ending;
    if (reason !== undefined) text += assembler.end();
    if (text !== '') held.push({ type: 'text', ...which, text });
    return reason;
  }

  /** Gives out the completion, or has another draft of it written. */
  function* finish(each: LiveCompletion, reason: Exclude<Ending, undefined>): Generator<StreamEvent> {
    const { ready: origin, key, earlier, held, startedAt } = each;
    live.delete(each);
    backend.release(each.context);
    const completion = finishCompletion(each, reason, task);
    const draft = { completion, events: held, lack: lackOf(options.redraw, completion) };
    const best = betterOf(earlier?.best, draft);
    if (draft.lack > 0 && key.draft + 1 < (options.redraw?.drafts ?? 1)) {
      const { sample } = key;
      again.push({ index: origin.index, sample, draft: key.draft + 1, earlier: { startedAt, best } });
      return;
    }
    const { run: shared } = origin;
    shared.unfinished--;
    if (shared.unfinished === 0) {
      ready.delete(groups.groupOf[origin.index]);
      backend.release(shared.context);
    }
    yield* best.events;
    yield { type: 'completion', completion: best.completion };
  }
}

/** Errors that end one completion and no other. */
const OWN_ERRORS = ['attribute-failed', 'filter-failed', 'formula-not-finite', 'no-candidate-left'];

/** What some work came to: its result, or the error that ends its own completion. */
async function outcomeOf<T>(work: Promise<T>): Promise<T | HalfspaceError> {
  try {
    return await work;
  } catch (error) {
    if (isHalfspaceError(error) && OWN_ERRORS.includes(error.code)) return error;
    throw error;
  }
}
