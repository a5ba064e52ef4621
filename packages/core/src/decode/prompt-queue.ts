import type { Backend, Context, Prefill, PrefillRequest } from '@halfspace/contracts';
import { finiteStates } from '../step/margins/margins.js';

/**
 * A prompt to be run to its end.
 *
 * @beta
 */
export type WholePrefillRequest = Omit<PrefillRequest, 'after'>;

/**
 * A prompt that has been run to its end.
 *
 * @beta
 */
export interface WholePrefill {
  /** Ready to be continued; the caller releases it. */
  readonly context: Context;
  /** How many of its tokens were known from texts run before. */
  readonly cachedTokens: number;
  /**
   * Hidden states at an asked-for layer at the positions from {@link PrefillRequest.from} on, row-major [tokens − from, width]; a copy.
   */
  hidden(layer: number): Float32Array;
}

/** What becomes of a prompt; exactly one of them is called, once, unless the prompt is withdrawn. */
export interface PromptListener {
  onDone(prefill: WholePrefill): void;
  onFailure(error: unknown): void;
}

/** Prompts that wait to be run, slices of several in one call. */
export interface PromptQueue {
  /** How many there are. */
  readonly size: number;
  /** How many tokens of prompts were run, and how many were known, since it was made. */
  readonly counts: { readonly run: number; readonly cached: number };
  /** @returns Withdraws the prompt: its listener hears nothing any more. */
  add(request: WholePrefillRequest, listener: PromptListener): () => void;
  /** Has all prompts that wait fail. */
  fail(error: unknown): void;
  /**
   * One call of the model. Prompts have their turn in the order in which they came. One that has had as many rows as a call has, and
   * is not at its end, has its next turn after the others. What goes wrong with a prompt fails that prompt alone.
   *
   * @param maxRows - Tokens to run.
   * @returns Tokens that were run.
   */
  advance(maxRows: number): Promise<number>;
}

interface WaitingPrompt {
  readonly request: WholePrefillRequest;
  readonly listener: PromptListener;
  /** By layer, hidden states of the parts that were run. */
  readonly parts: ReadonlyMap<number, Float32Array[]>;
  /** As far as it has been run. */
  context: Context | undefined;
  cachedTokens: number;
  /** Rows that it has had in this turn. */
  had: number;
  withdrawn: boolean;
}

/** What is still to be run of a prompt. */
function restOf({ request, context }: WaitingPrompt): PrefillRequest {
  if (context === undefined) return request;
  return { ...request, tokens: request.tokens.slice(context.length), after: context };
}

/** A prompt that has been run to its end. */
function wholeOf({ parts, cachedTokens }: WaitingPrompt, context: Context): WholePrefill {
  const whole = new Map([...parts].map(([layer, own]) => [layer, endToEnd(own)]));
  return { context, cachedTokens, hidden: (layer) => whole.get(layer) ?? new Float32Array() };
}

/** Takes a prompt on to what a call has found; how many tokens that ran. */
function goOn(prompt: WaitingPrompt, { context, cachedTokens }: Prefill): number {
  const ran = context.length - (prompt.context?.length ?? 0) - cachedTokens;
  prompt.context = context;
  prompt.cachedTokens += cachedTokens;
  return ran;
}

/** Gives back what was run of a prompt. */
function giveBack(prompt: WaitingPrompt, backend: Backend): void {
  const { context } = prompt;
  prompt.context = undefined;
  try {
    if (context !== undefined) backend.release(context);
  } catch {
    // Who waited has an error already, or wants no more.
  }
}

/** Keeps the hidden states that a call has found, as a copy. */
function keepStates({ parts }: WaitingPrompt, found: Prefill): void {
  for (const [layer, own] of parts) own.push(finiteStates(found.hidden(layer).slice()));
}

/** What becomes of a prompt in a call. */
interface Outcomes {
  readonly note: (prompt: WaitingPrompt, found: Prefill) => void;
  readonly fail: (prompt: WaitingPrompt, error: unknown) => void;
}

/** Runs prompts in one call; where that fails, each in one of its own, so that none fails for another. */
async function prefillEach(
  backend: Backend,
  prompts: readonly WaitingPrompt[],
  maxRows: number,
  { note, fail }: Outcomes,
): Promise<void> {
  let found: Prefill[];
  try {
    found = await backend.prefill(prompts.map(restOf), { maxRows });
  } catch (error) {
    if (prompts.length === 1) return fail(prompts[0], error);
    for (const prompt of prompts) await prefillEach(backend, [prompt], maxRows, { note, fail });
    return;
  }
  prompts.forEach((prompt, i) => {
    try {
      note(prompt, found[i]);
    } catch (error) {
      fail(prompt, error);
    }
  });
}

/** An empty queue in front of a backend. */
export function createPromptQueue(backend: Backend): PromptQueue {
  let waiting: WaitingPrompt[] = [];
  const counts = { run: 0, cached: 0 };

  /** Takes a prompt out, and gives back what was run of it. */
  function leave(prompt: WaitingPrompt): void {
    waiting = waiting.filter((each) => each !== prompt);
    giveBack(prompt, backend);
  }

  function fail(prompt: WaitingPrompt, error: unknown): void {
    leave(prompt);
    if (!prompt.withdrawn) prompt.listener.onFailure(error);
  }

  /** Notes what a call has found of a prompt. */
  function note(prompt: WaitingPrompt, found: Prefill): void {
    const before = prompt.context;
    const ran = goOn(prompt, found);
    counts.run += ran;
    counts.cached += found.cachedTokens;
    if (before !== undefined) backend.release(before);
    if (prompt.withdrawn) return leave(prompt);
    keepStates(prompt, found);
    if (found.context.length < prompt.request.tokens.length) {
      prompt.had += ran;
      return;
    }
    const whole = wholeOf(prompt, found.context);
    waiting = waiting.filter((each) => each !== prompt);
    prompt.context = undefined;
    prompt.listener.onDone(whole);
  }

  let running = false;
  return {
    get size() {
      return waiting.length;
    },
    counts,
    add(request, listener) {
      const prompt = waitingPrompt(request, listener);
      // A new list: a call that is going on answers for the one that it was given.
      waiting = [...waiting, prompt];
      return () => {
        prompt.withdrawn = true;
        // One that is being run leaves when the call is over.
        if (!running && waiting.includes(prompt)) leave(prompt);
      };
    },
    fail(error) {
      for (const prompt of waiting) fail(prompt, error);
    },
    async advance(maxRows) {
      for (const prompt of waiting.filter(({ withdrawn }) => withdrawn)) leave(prompt);
      if (waiting.length === 0) return 0;
      running = true;
      const before = counts.run;
      try {
        await prefillEach(backend, waiting, maxRows, { note, fail });
        waiting = inTurn(waiting, maxRows);
        return counts.run - before;
      } finally {
        running = false;
      }
    },
  };
}

/** Prompts in the order in which they are run next: those that have had their turn go behind the others. */
function inTurn(waiting: WaitingPrompt[], maxRows: number): WaitingPrompt[] {
  const late = waiting.filter(({ had }) => had >= maxRows);
  if (late.length === 0) return waiting;
  for (const prompt of late) prompt.had = 0;
  return [...waiting.filter((each) => !late.includes(each)), ...late];
}

/** A prompt as it begins to wait. */
function waitingPrompt(request: WholePrefillRequest, listener: PromptListener): WaitingPrompt {
  const parts = new Map((request.layers ?? []).map((layer) => [layer, [] as Float32Array[]]));
  return { request, listener, parts, context: undefined, cachedTokens: 0, had: 0, withdrawn: false };
}

function endToEnd(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
