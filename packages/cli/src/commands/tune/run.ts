import {
  type Backend,
  createHalfspace,
  encodePrompt,
  fewestTokens,
  HalfspaceError,
  PRESETS,
  type TunedWeight,
  type TuneGoal,
  tuneWeights,
  type WeightedPrompt,
} from '@halfspace/core';
import { measureFrontier } from '@halfspace/evaluate';
import { assertWritable, writeFileAtomically } from '@halfspace/files';
import type { TuneFlags } from './flags.js';
import { cappedWeights } from '../../request/capped-weights.js';
import { attributeChoices } from '../../request/control-of.js';
import { loadAttributes, onlyFor, type WeightedAttribute } from '../../attributes/load-attributes.js';
import { decodingOf } from '../../options/decoding.js';
import { print, printJson } from '../../terminal/output.js';
import { createProgress } from '../../terminal/progress.js';
import { readPrompts } from '../../data/read-prompts.js';
import { showTuning } from '../../reports/tuning/show-tuning.js';
import { type PromptSplit, splitPrompts } from './split-prompts.js';
import { tunedPoint, type TuningReport } from '../../reports/tuning/tuning-report.js';
import { tunedWith, weightsAt, type WeightsFile } from '../../request/weights-file.js';
import { noteWarnings } from '../../model/note-warnings.js';
import { withBackend } from '../../model/with-backend.js';

/** Rounds of tuning at most, for the bar. */
const ROUNDS = 3;

/** What is to be tuned, with everything checked that could be without the model. */
interface Task {
  readonly attributes: readonly WeightedAttribute<number>[];
  /** Weights to start from, of those that were named with one. */
  readonly start: Readonly<Record<string, TunedWeight>>;
  readonly goal: TuneGoal;
  readonly prompts: PromptSplit;
}

/** `halfspace tune`. */
export async function tune(flags: TuneFlags, signal: AbortSignal): Promise<void> {
  const { out, html, attribute = [], atLeast = [], atMost = [], json } = flags;
  for (const path of [out, html]) if (path !== undefined) await assertWritable(path);
  const choices = attributeChoices(attribute, [...atLeast, ...atMost]);
  const attributes = await loadAttributes(choices, 1);
  const nameOf = (source: string) =>
    attributes[choices.findIndex((choice) => choice.source === source)].attribute.name;
  const capped = cappedWeights(attributes, choices, flags.cap);
  const given = new Set(attribute.map(({ source }) => nameOf(source)));
  const task: Task = {
    attributes,
    start: Object.fromEntries(
      Object.entries(capped).filter(([name]) => given.has(name) || flags.cap?.own[name] !== undefined),
    ),
    goal: goalOf(flags, nameOf),
    prompts: splitPrompts(await readPrompts(flags.prompts, signal), flags.seed, flags.sample),
  };
  const { report, model } = await withBackend(
    { ...flags, ...onlyFor(attributes.map(({ attribute: each }) => each)) },
    signal,
    async (backend) => ({
      report: await tuneAndMeasure(backend, task, flags, signal),
      model: backend.model.fingerprint,
    }),
  );
  if (out !== undefined) {
    const found = choices.map(({ source }) => {
      const name = nameOf(source);
      return { source, weight: report.weights[name], cap: report.caps[name] };
    });
    const file: WeightsFile = {
      weights: weightsAt(out, found),
      model,
      decoding: tunedWith(decodingOf(flags)),
    };
    const text = JSON.stringify({ ...file, goal: report.goal, measured: tunedPoint(report) }, null, 2);
    await writeFileAtomically(out, async (each) => each.append(`${text}\n`));
  }
  if (html !== undefined) await writePage(html, report);
  if (json) printJson(report);
  else {
    showTuning(report);
    const written = [out, html].filter((path) => path !== undefined);
    if (written.length > 0) print(`\nWritten to ${written.join(' and ')}.`);
  }
}

function goalOf(
  { kl, preset, atLeast = [], atMost = [] }: TuneFlags,
  nameOf: (source: string) => string,
): TuneGoal {
  if (preset !== undefined) return { kl: PRESETS[preset] };
  if (kl !== undefined) return { kl };
  const levels = [...atLeast, ...atMost].map(({ source, kind, margin }) => ({
    attribute: nameOf(source),
    kind,
    margin,
  }));
  return { levels };
}

async function tuneAndMeasure(
  backend: Backend,
  { attributes, start, goal, prompts }: Task,
  flags: TuneFlags,
  signal: AbortSignal,
): Promise<TuningReport> {
  const decoding = { ...decodingOf(flags), signal };
  const halfspace = await createHalfspace({
    backend,
    attributes: attributes.map(({ attribute }) => attribute),
  });
  noteWarnings(halfspace);
  const asGiven = (texts: readonly string[]) => (flags.chat ? texts.map(asChat) : texts);
  const [sample, heldOut] = [asGiven(prompts.sample), asGiven(prompts.heldOut)];
  assertFit(backend, [...prompts.sample, ...prompts.heldOut], flags.chat === true);
  const tuning = createProgress('Tuning', (done, total) => {
    return `round ${Math.min(ROUNDS, Math.floor((ROUNDS * done) / total) + 1)} of at most ${ROUNDS}`;
  });
  const found = await tuneWeights(halfspace, {
    ...decoding,
    prompts: sample,
    weights: start,
    goal,
    onProgress: ({ round, done, total }) => tuning.update(round * total + done, ROUNDS * total),
  }).finally(() => tuning.stop());
  const measuring = createProgress('Measuring');
  const frontier = await measureFrontier(halfspace, {
    ...decoding,
    prompts: heldOut,
    weights: Object.fromEntries(
      Object.entries(found.weights).map(([name, weight]) => [name, { weight, cap: found.caps[name] }]),
    ),
    onProgress: ({ done, total }) => measuring.update(done, total),
  }).finally(() => measuring.stop());
  const counts = { tunedOn: sample.length, measuredOn: heldOut.length };
  return { goal, ...found, prompts: counts, frontier };
}

/** The turn of a user. */
function asChat(content: string): WeightedPrompt {
  return { messages: [{ role: 'user', content }] };
}

/** Finds a prompt that the model cannot take before any is completed: those that are held out come last. */
function assertFit(backend: Backend, texts: readonly string[], chat: boolean): void {
  const { tokenizer, model } = backend;
  const isLong = (text: string) => {
    if (fewestTokens(backend, [text], model.contextLength) >= model.contextLength) return true;
    const prompt = chat ? [{ role: 'user' as const, content: text }] : text;
    return encodePrompt(tokenizer, prompt).tokens.length >= model.contextLength;
  };
  const long = texts.find(isLong);
  if (long === undefined) return;
  throw new HalfspaceError(
    'context-overflow',
    `A prompt is too long for ${model.name}, which takes ${model.contextLength} tokens together with the completion: "${long.slice(0, 40)}…". Shorten it, or leave it out.`,
  );
}

async function writePage(path: string, report: TuningReport): Promise<void> {
  // Loaded when needed: the plots take seconds to load.
  const { tuningPage } = await import('../../reports/tuning/tuning-page.js');
  await writeFileAtomically(path, async (file) => file.append(tuningPage(report)));
}
