import {
  type Backend,
  HalfspaceError,
  type LinearAttribute,
  subspaceFor,
  throwIfAborted,
} from '@halfspace/core';
import type { LabelledText } from '../labelled-text.js';
import { type EncodedRow, encodeRow } from '../response-states.js';
import { type ChoiceFigures, measureChoices } from './choice-figures.js';
import type { EvaluateOptions } from './evaluate-attributes.js';
import { READERS } from './margin-track.js';
import { PAIR_READINGS, type PairReading } from './pair-figures.js';
import { readMargins } from './read-margins.js';

/** A question with answers to choose from. */
export interface ChoiceQuestion {
  /** The question. */
  readonly prompt: string;
  /** Answers; at least one that is right and one that is not. */
  readonly choices: readonly {
    /** The answer. */
    readonly response: string;
    /** Whether it is right. */
    readonly right: boolean;
  }[];
}

/** Settings of {@link evaluateChoices}. */
export type EvaluateChoicesOptions = Pick<EvaluateOptions, 'chat' | 'seed' | 'signal' | 'onProgress'>;

/** How some questions are answered. */
export interface ChoiceEvaluation {
  /** How many questions there are. */
  readonly questions: number;
  /** What choosing blindly comes to: the mean share of right choices. */
  readonly chance: number;
  /** When the choice is taken that the model itself gives the highest probability. */
  readonly logLikelihood: ChoiceFigures;
  /** When the choice with the largest margin is taken: of each attribute, in the order given, by reading. */
  readonly attributes: readonly {
    /** Its name. */
    readonly attribute: string;
    /** The layers that it reads. */
    readonly layers: readonly number[];
    /** By the way that an answer is read. */
    readonly readings: Readonly<Record<PairReading, ChoiceFigures>>;
  }[];
}

/**
 * Measures how often margins pick a right answer of several, beside the model's own log-likelihood. Answers that occur in
 * several sets run through the model once.
 *
 * For the likelihood the prompt is `Q: …`, the answer `A: …` on the line below, and the log-probabilities of the answer's
 * tokens are summed, as in TruthfulQA but for the six questions and answers that it puts before them; with `chat`, both
 * are turns of the model's chat template. Margins are read as subspaces are fitted: prompt and response next to one another.
 *
 * @param sets - Questions by the name of their set.
 * @returns By the name of the set.
 * @throws HalfspaceError before any work of the model: `no-data`, `subspace-of-another-model`, and naming the question
 * `bad-row`, `empty-response` and `context-overflow`. Later: `aborted`, `not-finite`.
 */
export async function evaluateChoices(
  backend: Backend,
  attributes: readonly LinearAttribute[],
  sets: Readonly<Record<string, readonly ChoiceQuestion[]>>,
  { chat = false, seed = 0, signal, onProgress }: EvaluateChoicesOptions = {},
): Promise<Record<string, ChoiceEvaluation>> {
  const subspaces = attributes.map((attribute) => subspaceFor(attribute, backend.model));
  for (const [name, questions] of Object.entries(sets)) checkQuestions(questions, name);
  const answers = distinctAnswers(Object.values(sets).flat());
  const rows = answers.map((answer, i) => encodeRow(backend, answer, i + 1, chat));
  const asked = chat
    ? rows
    : answers.map((answer, i) => encodeRow(backend, asQuestion(answer), i + 1, false));
  const total = rows.length + asked.length;
  const likelihoods = await readLikelihoods(backend, asked, signal, (done) => onProgress?.({ done, total }));
  const margins = await readMargins(backend, subspaces, rows, {
    signal,
    onProgress: ({ done }) => onProgress?.({ done: asked.length + done, total }),
  });

  const placeOf = new Map(answers.map((answer, place) => [keyOf(answer.prompt, answer.response), place]));
  const figuresOf = (questions: readonly ChoiceQuestion[], scores: ArrayLike<number>) =>
    measureChoices(
      questions.map(({ prompt, choices }) => ({
        scores: choices.map(({ response }) => scores[placeOf.get(keyOf(prompt, response)) ?? NaN]),
        right: choices.map(({ right }) => right),
        group: prompt,
      })),
      { seed },
    );
  const evaluate = (questions: readonly ChoiceQuestion[]): ChoiceEvaluation => ({
    questions: questions.length,
    chance: questions.reduce((sum, question) => sum + shareRight(question), 0) / questions.length,
    logLikelihood: figuresOf(questions, likelihoods),
    attributes: attributes.map(({ name: attribute }, a) => ({
      attribute,
      layers: subspaces[a].layers,
      readings: Object.fromEntries(
        PAIR_READINGS.map((reading) => [
          reading,
          figuresOf(
            questions,
            margins[a].map((track) => READERS[reading](track)[0]),
          ),
        ]),
      ) as Record<PairReading, ChoiceFigures>,
    })),
  });
  return Object.fromEntries(Object.entries(sets).map(([name, questions]) => [name, evaluate(questions)]));
}

function checkQuestions(questions: readonly ChoiceQuestion[], set: string): void {
  if (questions.length === 0) throw new HalfspaceError('no-data', `There are no questions in "${set}".`);
  for (const [i, question] of questions.entries()) {
    const share = shareRight(question);
    if (share > 0 && share < 1) continue;
    throw new HalfspaceError(
      'bad-row',
      `Question ${i + 1} of "${set}" cannot be used: it needs a choice that is right and one that is not.`,
    );
  }
}

function shareRight({ choices }: ChoiceQuestion): number {
  return choices.filter(({ right }) => right).length / choices.length;
}

/** Every answer once, as the model reads it; what it is labelled does not matter. */
function distinctAnswers(questions: readonly ChoiceQuestion[]): LabelledText[] {
  const answers = questions.flatMap(({ prompt, choices }) =>
    choices.map(({ response }) => ({ prompt, response, label: 1, group: prompt })),
  );
  return [...new Map(answers.map((answer) => [keyOf(answer.prompt, answer.response), answer])).values()];
}

function keyOf(prompt: string, response: string): string {
  return JSON.stringify([prompt, response]);
}

/** Question and answer as in TruthfulQA. */
function asQuestion(answer: LabelledText): LabelledText {
  return { ...answer, prompt: `Q: ${answer.prompt}\nA:`, response: ` ${answer.response}` };
}

/** Log-probability of each response after its prompt, in nats. */
async function readLikelihoods(
  backend: Backend,
  rows: readonly EncodedRow[],
  signal: AbortSignal | undefined,
  onDone: (rows: number) => void,
): Promise<number[]> {
  const likelihoods: number[] = [];
  for (const { tokens, start } of rows) {
    throwIfAborted(signal);
    // The first token has no log-probability.
    const logProbs = (await backend.logProbs(tokens, { signal })).subarray(start - 1);
    likelihoods.push(logProbs.reduce((sum, logProb) => sum + logProb, 0));
    onDone(likelihoods.length);
  }
  return likelihoods;
}
