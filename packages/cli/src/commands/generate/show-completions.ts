import { type Completion, HalfspaceError, type StreamEvent } from '@halfspace/core';
import { errColours, outColours } from '../../terminal/colours.js';
import type { GenerateFlags } from './flags.js';
import { createReorderBuffer } from '../../terminal/reorder-buffer.js';
import { note, print, printJson, writeText } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';

/** Completions on their way, and where they go. */
export interface Show {
  readonly events: AsyncIterable<StreamEvent>;
  /** What stands before the completions of each prompt. */
  readonly before: readonly string[];
  readonly flags: GenerateFlags;
  /** Gets every completion, in their order, if there is one. */
  readonly trace: ((completion: Completion) => Promise<void>) | undefined;
}

/**
 * Prints completions as they come: a single one for a person as it is written, others one by one.
 *
 * @returns The error to end with, if completions ended with one.
 */
export async function showCompletions(show: Show): Promise<HalfspaceError | undefined> {
  const { before, flags } = show;
  const total = before.length * flags.samples;
  const warnings = createWarnings();
  const events = warnings.heardIn(show.events);
  const failure = await (total === 1 && !flags.json
    ? showOne({ ...show, events })
    : showAll({ ...show, events }, total));
  warnings.note();
  return failure;
}

async function showOne({ events, before: [first], trace }: Show): Promise<HalfspaceError | undefined> {
  let failure: HalfspaceError | undefined;
  let before = outColours.dim(first);
  for await (const event of events) {
    // Not earlier than there is something to go with it: the prompt may yet be refused.
    writeText(before);
    before = '';
    if (event.type === 'text') writeText(event.text);
    if (event.type !== 'completion') continue;
    const { completion } = event;
    print();
    note(errColours.dim(`[${figures(completion)}, ${millisecondsPerToken(completion)} ms a token]`));
    await trace?.(completion);
    failure = completion.error;
  }
  return failure;
}

/** In the order of their prompts, each as soon as it and those before it are done. */
async function showAll(
  { events, before, flags, trace }: Show,
  total: number,
): Promise<HalfspaceError | undefined> {
  let failures = 0;
  const inOrder = createReorderBuffer<Completion>();
  const count = createCount(flags.maxTokens);
  const progress = createProgress('Completing');
  progress.update(0, total);
  try {
    for await (const event of events) {
      if (event.type === 'step' || event.type === 'token') continue;
      const { promptIndex, sample } = event.type === 'text' ? event : event.completion;
      const index = promptIndex * flags.samples + sample;
      progress.update(count(index, event), total);
      if (event.type === 'text') continue;
      for (const due of inOrder(index, event.completion)) {
        progress.clear();
        if (due.error !== undefined) {
          failures++;
          noteFailure(due, due.error);
        }
        if (flags.json) printJson(forJson(due));
        else printCompletion(due, before[due.promptIndex], flags.samples);
        await trace?.(due);
      }
    }
  } finally {
    progress.stop();
  }
  if (failures === 0) return undefined;
  return new HalfspaceError(
    'completions-failed',
    `${failures} of ${total} completions ended with an error. The others are whole.`,
  );
}

function noteFailure({ promptIndex, sample }: Completion, { code, message }: HalfspaceError): void {
  note(`${errColours.red('error')} (${code}): Prompt ${promptIndex}, sample ${sample}: ${message}`);
}

/** Counts completions, an unfinished one by the share of its tokens that are written. */
function createCount(maxTokens: number): (index: number, event: StreamEvent) => number {
  // Pieces of text of the unfinished completions: about one for each token.
  const pieces = new Map<number, number>();
  let finished = 0;
  return (index, { type }) => {
    if (type === 'text') {
      pieces.set(index, (pieces.get(index) ?? 0) + 1);
    } else {
      pieces.delete(index);
      finished++;
    }
    const written = [...pieces.values()].reduce((sum, each) => sum + each, 0);
    return finished + written / maxTokens;
  };
}

function printCompletion(completion: Completion, before: string, samples: number): void {
  const { promptIndex, sample, text } = completion;
  const which = samples > 1 ? `prompt ${promptIndex}, sample ${sample}` : `prompt ${promptIndex}`;
  print(`${outColours.bold(which)}  ${outColours.dim(figures(completion))}`);
  writeText(`${outColours.dim(before)}${text}\n\n`);
}

function figures({ tokens, finishReason, isComplete, attempts, kl, margins }: Completion): string {
  const steered = Object.entries(margins).map(
    ([name, { mean, min }]) => `${name} ${mean.toFixed(2)} (lowest ${min.toFixed(2)})`,
  );
  const ending = { length: '', stop: ' to a stop text', end: ' to its end', error: ' to an error' }[
    finishReason
  ];
  return [
    `${tokens.length} tokens${ending}`,
    ...(isComplete === false && finishReason !== 'error' ? ['cut off before its end'] : []),
    ...(attempts === undefined ? [] : [attempts === 1 ? 'first attempt' : `${attempts} attempts`]),
    ...(steered.length > 0 ? [`KL ${kl.toFixed(2)} nats`] : []),
    ...steered,
  ].join(', ');
}

function millisecondsPerToken({ timing, tokens }: Completion): string {
  return (timing.decodeMs / Math.max(1, tokens.length)).toFixed(1);
}

/** Without its trace and what that was taken with. */
function forJson(completion: Completion): object {
  const { trace: _, settings: __, ...rest } = completion;
  return rest;
}

/** Collects what completions warn of. */
function createWarnings() {
  const counts = new Map<string, number>();
  let completions = 0;
  return {
    async *heardIn(events: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent> {
      for await (const event of events) {
        if (event.type === 'completion') {
          completions++;
          for (const each of event.completion.warnings ?? []) counts.set(each, (counts.get(each) ?? 0) + 1);
        }
        yield event;
      }
    },
    /** Says once what all of them warn of. What did nothing in one and something in another is in the JSON. */
    note(): void {
      for (const [warning, count] of counts) {
        if (count === completions) note(`${errColours.yellow('warning')}: ${warning}`);
      }
    },
  };
}
