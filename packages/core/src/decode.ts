import type { Backend, LookAhead } from './contracts/backend.js';
import type { BoundAttribute } from './bound-attributes.js';
import type { FinishReason, StreamEvent } from './completion.js';
import { draw } from './draw.js';
import { filterReference } from './filter-reference.js';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from './errors.js';
import { holdLookAhead, type HeldLookAhead } from './held-look-ahead.js';
import {
  finishCompletion,
  recordMargins,
  startCompletion,
  textStep,
  type LiveCompletion,
  type ReadyPrompt,
} from './live-completion.js';
import { marginOf } from './margins.js';
import { createMeter, type RunCandidates } from './meter.js';
import type { CheckedOptions } from './options.js';
import type { EncodedPrompt } from './prompts.js';
import { referenceDistribution, referenceRequest, type Reference } from './reference-distribution.js';
import { bonusOf, tilt } from './tilt.js';
import { tracedStep } from './traced-step.js';

/** Rows that a step of steered decoding is expected to evaluate when top-k sets no limit. */
const ROWS_WITHOUT_TOP_K = 64;

/** A step of one completion between the reference distribution and the choice. */
interface PendingStep {
  readonly live: LiveCompletion;
  readonly reference: Reference;
  /** The choice, where it does not depend on what the look-ahead finds. */
  readonly decided: number | undefined;
  /** Candidates to run, as indices into the reference. */
  readonly rows: readonly number[];
}

/** A step whose candidates have been run and measured. */
interface MeasuredStep extends PendingStep {
  readonly candidates: RunCandidates;
  readonly look: LookAhead | undefined;
  /** For each attribute, the distances of all candidates. */
  readonly distances: readonly Float64Array[];
}

/** What a step came to. */
interface Outcome {
  readonly chosen: number;
  readonly logQ: Float64Array;
  readonly kl: number;
}

/** Why a completion ended, if it did. */
type Ending = Exclude<FinishReason, 'error'> | HalfspaceError | undefined;

/** What is to be decoded, with everything already checked. */
export interface DecodeTask {
  readonly backend: Backend;
  readonly prompts: readonly EncodedPrompt[];
  readonly attributes: readonly BoundAttribute[];
  readonly options: CheckedOptions;
  readonly signal: AbortSignal | undefined;
}

/**
 * The decode loop. A pool of completions advances together: each step is one call of the output head
 * and one call of the trunk for all candidates of all completions; the winner's keys and values are kept.
 * Completions are reported as they finish, and everything is released however the loop is left.
 */
export async function* decode(task: DecodeTask): AsyncGenerator<StreamEvent, void, undefined> {
  const { backend, prompts, attributes, options, signal } = task;
  const { tokenizer, model } = backend;
  const { filters } = options;
  const steered = attributes.some(({ weight }) => weight > 0);
  const meter = createMeter(attributes, model.width);
  const settings = { ...options, temperature: options.temperature === 0 ? 1 : options.temperature };

  const live = new Set<LiveCompletion>();
  let ready: ReadyPrompt | undefined;
  let held: HeldLookAhead[] = [];
  let started = 0;

  /** Starts completions, prompt by prompt, until the pool is full. */
  async function fill(): Promise<void> {
    const total = prompts.length * options.samples;
    while (live.size < options.concurrency && started < total) {
      const sample = started % options.samples;
      ready ??= await run(Math.floor(started / options.samples));
      live.add(startCompletion(ready, backend.fork(ready.context), sample, options));
      started++;
      if (sample === options.samples - 1) {
        backend.release(ready.context);
        ready = undefined;
      }
    }
  }

  async function run(index: number): Promise<ReadyPrompt> {
    const prompt = prompts[index];
    const begin = performance.now();
    const rowsPerStep = steered ? options.topK || ROWS_WITHOUT_TOP_K : 1;
    const prefill = await backend.prefill(prompt.tokens, { rowsPerStep, layers: meter.layers, signal });
    const { context } = prefill;
    try {
      const state = meter.stateAt(prefill, prompt.tokens.length - 1);
      return { index, prompt, context, state, promptMs: performance.now() - begin };
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
    const steps: PendingStep[] = [];
    for (const [i, each] of pool.entries()) {
      const whole = referenceDistribution(answers[i], settings, each.seen);
      const reference = filters.length === 0 ? whole : await filtered(each, whole);
      if (reference instanceof HalfspaceError) failures.set(each, reference);
      else steps.push(pend(each, reference));
    }
    return steps;
  }

  async function filtered(each: LiveCompletion, whole: Reference): Promise<Reference | HalfspaceError> {
    return outcomeOf(filterReference(each, whole, filters, settings, backend));
  }

  function pend(each: LiveCompletion, reference: Reference): PendingStep {
    const decided = steered ? undefined : choose(each, reference, reference.logReference);
    const candidates = decided === undefined ? [...reference.tokens.keys()] : [decided];
    const rows = candidates.filter((index) => !tokenizer.endTokens.has(reference.tokens[index]));
    return { live: each, reference, decided, rows };
  }

  function choose(each: LiveCompletion, reference: Reference, logProbs: Float64Array): number {
    const noise = options.temperature === 0 ? undefined : { key: each.key, step: each.tokens.length };
    return draw(logProbs, reference.tokens, noise);
  }

  async function lookAhead(steps: readonly PendingStep[]): Promise<Map<PendingStep, LookAhead>> {
    const running = steps.filter(({ rows }) => rows.length > 0);
    if (running.length === 0) return new Map();
    const requests = running.map(({ live: { context }, reference, rows }) => ({
      context,
      tokens: rows.map((row) => reference.tokens[row]),
    }));
    const looks = await backend.lookAhead(requests, { layers: meter.layers, signal });
    if (!meter.asks) return new Map(running.map((step, i) => [step, looks[i]]));
    held = looks.map((look, i) => holdLookAhead(backend, look, requests[i].tokens, meter.layers));
    return new Map(running.map((step, i) => [step, held[i]]));
  }

  function read(step: PendingStep, look: LookAhead | undefined): MeasuredStep {
    const { live: each, reference, rows } = step;
    const { endTokens } = tokenizer;
    const candidates = { endTokens, tokens: reference.tokens, rows, look, before: each.state };
    return { ...step, candidates, look, distances: meter.read(candidates) };
  }

  /** Asks the plugins about all steps at once. Those whose plugins fail are left out, and noted. */
  async function ask(
    steps: readonly MeasuredStep[],
    failures: Map<LiveCompletion, HalfspaceError>,
  ): Promise<MeasuredStep[]> {
    const work = steps.map(async ({ live: each, decided, rows, candidates, distances }) => {
      const asked = decided === undefined ? [...candidates.tokens.keys()] : rows;
      if (asked.length === 0) return;
      const tokens = asked.map((candidate) => candidates.tokens[candidate]);
      const text = textStep(each, tokens, tokenizer);
      const failure = await outcomeOf(
        meter.ask(candidates, distances, { step: each.tokens.length, asked, text, signal }),
      );
      if (failure !== undefined) failures.set(each, failure);
    });
    await Promise.all(work);
    return steps.filter((step) => !failures.has(step.live));
  }

  function settle({ live: each, reference, decided, distances }: MeasuredStep): Outcome {
    const { logReference } = reference;
    if (decided !== undefined) return { chosen: decided, logQ: logReference, kl: 0 };
    const bonus = bonusOf(options.form, distances, attributes, logReference.length);
    const { logQ, kl } = tilt(logReference, bonus);
    return { chosen: choose(each, reference, logQ), logQ, kl };
  }

  /** Writes the outcome down and moves the completion on; says why it ended, if it did. */
  function advance(step: MeasuredStep): Ending {
    const { live: each, reference, candidates, look, distances } = step;
    const outcome = settle(step);
    const { chosen } = outcome;
    const token = reference.tokens[chosen];
    if (options.trace) {
      each.trace.push({
        step: each.tokens.length,
        ...tracedStep({ ...step, ...outcome }, attributes, tokenizer),
      });
    }
    each.tokens.push(token);
    each.logprob += reference.logProbs[chosen];
    each.kl += outcome.kl;
    if (look === undefined || tokenizer.endTokens.has(token)) return 'end';
    const before = each.context;
    each.context = look.commit(token);
    backend.release(before);
    each.seen.add(token);
    each.state = meter.stateAfter(candidates, distances, chosen);
    recordMargins(
      each,
      attributes.map(({ calibration }, a) => marginOf(calibration, each.state.distances[a])),
    );
    if (each.tokens.length === options.maxTokens || each.context.length === model.contextLength)
      return 'length';
    return undefined;
  }

  function releaseHeld(): void {
    for (const each of held) each.release();
    held = [];
  }

  try {
    for (;;) {
      throwIfAborted(signal);
      await fill();
      if (live.size === 0) return;
      const pool = [...live];
      const failures = new Map<LiveCompletion, HalfspaceError>();
      const steps = await plan(pool, failures);
      const looks = await lookAhead(steps);
      let measured = steps.map((step) => read(step, looks.get(step)));
      if (meter.asks) measured = await ask(measured, failures);
      // All choices are made and kept before anything is given out: a look-ahead is valid until the next
      // one, and whoever reads the stream may start that.
      const endings = new Map<LiveCompletion, Ending>(failures);
      for (const step of measured) endings.set(step.live, advance(step));
      releaseHeld();
      for (const each of pool) yield* report(each, endings.get(each));
    }
  } finally {
    releaseHeld();
    if (ready !== undefined) backend.release(ready.context);
    for (const each of live) backend.release(each.context);
  }

  /** Gives out the text of the latest token, and the completion if it has ended. */
  function* report(each: LiveCompletion, ending: Ending): Generator<StreamEvent> {
    const { assembler, key, ready: origin } = each;
    const token = each.tokens[each.tokens.length - 1];
    const nothingNew = ending === 'end' || ending instanceof HalfspaceError;
    let text = nothingNew ? '' : assembler.push(tokenizer.bytes(token));
    const reason = assembler.stopped ? 'stop' : ending;
    if (reason !== undefined) text += assembler.end();
    if (text !== '') yield { type: 'text', promptIndex: origin.index, sample: key.sample, text };
    if (reason === undefined) return;
    live.delete(each);
    backend.release(each.context);
    yield { type: 'completion', completion: finishCompletion(each, reason, attributes, options) };
  }
}

/** Errors that end one completion and no other. */
const OWN_ERRORS = ['attribute-failed', 'filter-failed', 'no-candidate-left'];

/** What some work came to: its result, or the error that ends its own completion. */
async function outcomeOf<T>(work: Promise<T>): Promise<T | HalfspaceError> {
  try {
    return await work;
  } catch (error) {
    if (isHalfspaceError(error) && OWN_ERRORS.includes(error.code)) return error;
    throw error;
  }
}
