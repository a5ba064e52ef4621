import {
  createHalfspace,
  HalfspaceError,
  type Backend,
  type Completion,
  type Control,
  type Filter,
} from '@halfspace/core';
import { writeFileAtomically, type AtomicFile } from '../atomic-file.js';
import type { GenerateFlags } from '../commands/generate.js';
import { attributeChoices, constraintChoices, controlOf } from '../control-of.js';
import { traceLine } from '../explain/trace-line.js';
import { hardFilters } from '../hard-filters.js';
import { loadAttributes, type WeightedAttribute } from '../load-attributes.js';
import { readPrompts } from '../read-prompts.js';
import { showCompletions } from '../show-completions.js';
import { withBackend } from '../with-backend.js';

/** Rows that are run in a step at most. More would save little time, and keep the first result waiting. */
const ROWS_PER_STEP = 40;
/** Rows that a step evaluates of a completion whose look-ahead is lazy, on average. */
const ROWS_IF_LAZY = 2;
/** Completions that are decoded together at most. */
const MOST_TOGETHER = 16;

/** What is to be completed, with everything that could be checked without the model checked. */
interface Task {
  readonly prompts: readonly string[];
  readonly attributes: readonly WeightedAttribute[];
  readonly control: Control;
  readonly filters: readonly Filter[];
  readonly flags: GenerateFlags;
  readonly signal: AbortSignal;
}

/** `halfspace generate`. */
export async function generate(
  prompt: string | undefined,
  flags: GenerateFlags,
  signal: AbortSignal,
): Promise<void> {
  const choices = attributeChoices(flags.attribute ?? [], constraintChoices(flags));
  const attributes = await loadAttributes(choices);
  const control = controlOf(flags, choices, attributes);
  const filters = await hardFilters(flags, signal);
  const prompts = prompt === undefined ? await readPrompts(flags.prompts ?? '-', signal) : [checked(prompt)];
  const task: Task = { prompts, attributes, control, filters, flags, signal };
  const request = { seed: flags.seed, attributes: weightsOf(attributes) };
  const work = async (file?: AtomicFile) =>
    withBackend(flags, signal, async (backend) => {
      const trace = file && (async (completion: Completion) => file.append(traceLine(completion, request)));
      return showCompletions({ events: start(task, backend, file !== undefined), prompts, flags, trace });
    });
  // Thrown when the trace is in its place: it shows how far a failed completion came.
  const failure = await (flags.trace === undefined ? work() : writeFileAtomically(flags.trace, work));
  if (failure !== undefined) throw failure;
}

function checked(prompt: string): string {
  if (prompt !== '') return prompt;
  throw new HalfspaceError('empty-prompt', 'The prompt is empty. Give it some text.');
}

function start(
  { prompts, attributes, control, filters, flags, signal }: Task,
  backend: Backend,
  trace: boolean,
) {
  const { form, cap, lookAhead, maxTokens, samples, temperature, topP, topK, seed, stop = [] } = flags;
  const halfspace = createHalfspace({ backend, attributes: attributes.map(({ attribute }) => attribute) });
  const asChat = (content: string) => backend.tokenizer.renderChat([{ role: 'user', content }]);
  return halfspace.stream({
    prompts: flags.chat ? prompts.map(asChat) : prompts,
    attributes: weightsOf(attributes),
    form,
    control,
    cap,
    lookAhead,
    maxTokens,
    samples,
    temperature,
    topP,
    topK,
    seed,
    stop,
    filters,
    trace,
    concurrency: concurrencyOf(attributes, control, flags),
    signal,
  });
}

function weightsOf(attributes: readonly WeightedAttribute[]): Record<string, number> {
  return Object.fromEntries(attributes.map(({ attribute, weight }) => [attribute.name, weight]));
}

function concurrencyOf(
  attributes: readonly WeightedAttribute[],
  { mode }: Control,
  { lookAhead, topK }: GenerateFlags,
): number {
  const steered = mode === 'constraints' || attributes.some(({ weight }) => weight > 0);
  const lazy = mode === 'penalty' && lookAhead === 'lazy';
  const rows = lazy ? ROWS_IF_LAZY : topK || ROWS_PER_STEP;
  return Math.min(MOST_TOGETHER, Math.max(1, Math.round(ROWS_PER_STEP / (steered ? rows : 1))));
}
