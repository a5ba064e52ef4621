import type { Backend, LookAhead } from './contracts/backend.js';
import type { Subspace } from './contracts/attribute.js';
import type { FinishReason, StreamEvent, TracedStep } from './completion.js';
import { throwIfAborted } from './errors.js';
import {
  finishCompletion,
  recordMargins,
  startCompletion,
  type LiveCompletion,
  type ReadyPrompt,
} from './live-completion.js';
import { createDistanceReader, marginOf } from './margins.js';
import type { CheckedOptions } from './options.js';
import type { EncodedPrompt } from './prompts.js';
import { referenceDistribution, referenceRequest, type Reference } from './reference-distribution.js';
import { assertFinite, candidateDistances, draw } from './step.js';
import { bonusOf, tilt, type WeightedSubspace } from './tilt.js';

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

/** What a step came to. */
interface Outcome {
  readonly chosen: number;
  readonly logQ: Float64Array;
  readonly kl: number;
  readonly distances: Float64Array;
}

/** What is to be decoded, with everything already checked. */
export interface DecodeTask {
  readonly backend: Backend;
  readonly prompts: readonly EncodedPrompt[];
  /** One for each name in `options.attributes`, in that order. */
  readonly subspaces: readonly Subspace[];
  readonly options: CheckedOptions;
  readonly signal: AbortSignal | undefined;
}

/**
 * The decode loop. A pool of completions advances together: each step is one call of the output head
 * and one call of the trunk for all candidates of all completions; the winner's keys and values are kept.
 * Completions are reported as they finish, and everything is released however the loop is left.
 */
export async function* decode(task: DecodeTask): AsyncGenerator<StreamEvent, void, undefined> {
  const { backend, prompts, subspaces, options, signal } = task;
  const { tokenizer, model } = backend;
  const names = Object.keys(options.attributes);
  const weighted: WeightedSubspace[] = subspaces.map((subspace, a) => ({
    subspace,
    weight: options.attributes[names[a]],
  }));
  const steered = weighted.some(({ weight }) => weight > 0);
  const reader = createDistanceReader(subspaces);
  const settings = { ...options, temperature: options.temperature === 0 ? 1 : options.temperature };

  const live = new Set<LiveCompletion>();
  let ready: ReadyPrompt | undefined;
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
    const prefill = await backend.prefill(prompt.tokens, { rowsPerStep, layers: reader.layers, signal });
    const distances = new Float64Array(subspaces.length);
    reader.read(prefill, prompt.tokens.length - 1, 1, distances);
    assertFinite(distances);
    return { index, prompt, context: prefill.context, distances, promptMs: performance.now() - begin };
  }

  async function plan(): Promise<PendingStep[]> {
    const pool = [...live];
    const answers = await backend.next(
      pool.map((each) => referenceRequest(each.context, settings, each.seen, tokenizer.vocabularySize)),
    );
    return pool.map((each, i) => {
      const reference = referenceDistribution(answers[i], settings, each.seen);
      const decided = steered ? undefined : choose(each, reference, reference.logReference);
      const candidates = decided === undefined ? [...reference.tokens.keys()] : [decided];
      const rows = candidates.filter((index) => !tokenizer.endTokens.has(reference.tokens[index]));
      return { live: each, reference, decided, rows };
    });
  }

  function choose(each: LiveCompletion, reference: Reference, logProbs: Float64Array): number {
    const noise = options.temperature === 0 ? undefined : { key: each.key, step: each.tokens.length };
    return draw(logProbs, reference.tokens, noise);
  }

  async function lookAhead(steps: readonly PendingStep[]): Promise<Map<PendingStep, LookAhead>> {
    const running = steps.filter(({ rows }) => rows.length > 0);
    if (running.length === 0) return new Map();
    const looks = await backend.lookAhead(
      running.map((step) => ({
        context: step.live.context,
        tokens: step.rows.map((row) => step.reference.tokens[row]),
      })),
      { layers: reader.layers, signal },
    );
    return new Map(running.map((step, i) => [step, looks[i]]));
  }

  function settle(step: PendingStep, look: LookAhead | undefined): Outcome {
    const { live: each, reference, decided, rows } = step;
    const distances = candidateDistances(reference, rows, look, reader, each.distances, tokenizer.endTokens);
    if (decided !== undefined) {
      return { chosen: decided, logQ: reference.logReference, kl: 0, distances };
    }
    const { logQ, kl } = tilt(reference.logReference, bonusOf(options.form, distances, weighted));
    return { chosen: choose(each, reference, logQ), logQ, kl, distances };
  }

  /** Writes the outcome down and moves the completion on; says why it ended, if it did. */
  function advance(
    { live: each, reference }: PendingStep,
    outcome: Outcome,
    look: LookAhead | undefined,
  ): FinishReason | undefined {
    const { chosen, distances } = outcome;
    const token = reference.tokens[chosen];
    if (options.trace) each.trace.push(traced(each.tokens.length, reference, outcome));
    each.tokens.push(token);
    each.logprob += reference.logProbs[chosen];
    each.kl += outcome.kl;
    if (look === undefined || tokenizer.endTokens.has(token)) return 'end';
    const stride = subspaces.length;
    const before = each.context;
    each.context = look.commit(token);
    backend.release(before);
    each.seen.add(token);
    each.distances = distances.slice(chosen * stride, (chosen + 1) * stride);
    recordMargins(
      each,
      subspaces.map((subspace, a) => marginOf(subspace, each.distances[a])),
    );
    if (each.tokens.length === options.maxTokens || each.context.length === model.contextLength)
      return 'length';
    return undefined;
  }

  function traced(step: number, reference: Reference, outcome: Outcome): TracedStep {
    const stride = subspaces.length;
    const candidates = Array.from(reference.tokens, (token, i) => {
      const margins = names.flatMap((name, a) => {
        const distance = outcome.distances[i * stride + a];
        return Number.isNaN(distance) ? [] : [[name, marginOf(subspaces[a], distance)]];
      });
      return {
        token,
        text: new TextDecoder().decode(tokenizer.bytes(token)),
        reference: Math.exp(reference.logReference[i]),
        margins: Object.fromEntries(margins) as Record<string, number>,
        probability: Math.exp(outcome.logQ[i]),
      };
    });
    return { step, candidates, chosen: outcome.chosen, kl: outcome.kl };
  }

  try {
    for (;;) {
      throwIfAborted(signal);
      await fill();
      if (live.size === 0) return;
      const steps = await plan();
      const looks = await lookAhead(steps);
      // All choices are made and kept before anything is given out: a look-ahead is valid until the next
      // one, and whoever reads the stream may start that.
      const ends = steps.map((step) => {
        const look = looks.get(step);
        return advance(step, settle(step, look), look);
      });
      for (const [i, { live: each }] of steps.entries()) {
        yield* report(each, ends[i]);
      }
    }
  } finally {
    if (ready !== undefined) backend.release(ready.context);
    for (const each of live) backend.release(each.context);
  }

  /** Gives out the text of the latest token, and the completion if it has ended. */
  function* report(each: LiveCompletion, ended: FinishReason | undefined): Generator<StreamEvent> {
    const { assembler, key, ready: origin } = each;
    const token = each.tokens[each.tokens.length - 1];
    let text = ended === 'end' ? '' : assembler.push(tokenizer.bytes(token));
    const reason = assembler.stopped ? 'stop' : ended;
    if (reason !== undefined) text += assembler.end();
    if (text !== '') yield { type: 'text', promptIndex: origin.index, sample: key.sample, text };
    if (reason === undefined) return;
    live.delete(each);
    backend.release(each.context);
    yield { type: 'completion', completion: finishCompletion(each, reason, names, options) };
  }
}
