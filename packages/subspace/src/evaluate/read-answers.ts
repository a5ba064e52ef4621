import {
  inTurns,
  type Backend,
  HalfspaceError,
  type LinearAttribute,
  subspaceFor,
  throwIfAborted,
} from '@halfspace/core';
import type { LabelledText } from '../data/labelled-text.js';
import { type EncodedRow, encodeRow } from '../data/response-states.js';
import { type ChoiceQuestion, shareRight } from './choice-question.js';
import type { EvaluateOptions } from './evaluate-attributes.js';
import { readMargins } from './read-margins.js';

/** Settings of {@link readAnswers}. */
export type ReadAnswersOptions = Pick<EvaluateOptions, 'chat' | 'signal' | 'onProgress'>;

/**
 * Where the margins of an answer are read. `as-fitted`: prompt and response next to one another, as subspaces are fitted.
 * `as-decoded`: in the text that has the likelihood, as when the model writes the answer.
 *
 * @useDeclaredType
 */
export type AnswerMargins = 'as-fitted' | 'as-decoded';

/** What the model makes of an answer to a question. */
export interface ReadAnswer {
  /** Log-probability of the answer after the question, nats, summed over its tokens. */
  readonly logLikelihood: number;
  /** Margins of each attribute, one after each token of the answer, log-odds. */
  readonly margins: readonly Float64Array[];
}

/**
 * Reads the choices of questions: how probable the model finds them, and their margins. Answers that occur in several sets
 * run through the model once.
 *
 * For the likelihood the prompt is `Q: …`, the answer `A: …` on the line below, and the log-probabilities of the answer's
 * tokens are summed, as in TruthfulQA but for the six questions and answers that it puts before them; with `chat`, both
 * are turns of the model's chat template.
 *
 * @param sets - Questions by the name of their set.
 * @param where - Where margins are read.
 * @returns By the name of the set, in the order of its questions and their choices.
 * @throws HalfspaceError before any work of the model: `no-data`, `subspace-of-another-model`, and naming the question
 * `bad-row`, `empty-response` and `context-overflow`. Later: `aborted`, `not-finite`.
 */
export async function readAnswers(
  backend: Backend,
  attributes: readonly LinearAttribute[],
  sets: Readonly<Record<string, readonly ChoiceQuestion[]>>,
  where: AnswerMargins,
  { chat = false, signal, onProgress }: ReadAnswersOptions = {},
): Promise<Record<string, ReadAnswer[][]>> {
  const subspaces = attributes.map((attribute) => subspaceFor(attribute, backend.model));
  for (const [name, questions] of Object.entries(sets)) checkQuestions(questions, name);
  const answers = distinctAnswers(Object.values(sets).flat());
  const encode = async (texts: readonly LabelledText[]) =>
    inTurns(texts, (answer, i) => encodeRow(backend, answer, i + 1, chat), signal);
  const asked = await encode(chat ? answers : answers.map(asQuestion));
  const rows = where === 'as-decoded' ? asked : await encode(answers);
  const total = asked.length + (subspaces.length > 0 ? rows.length : 0);
  const likelihoods = await readLikelihoods(backend, asked, signal, (done) => onProgress?.({ done, total }));
  const margins =
    subspaces.length === 0
      ? []
      : await readMargins(backend, subspaces, rows, {
          signal,
          onProgress: ({ done }) => onProgress?.({ done: asked.length + done, total }),
        });
  const read = new Map(
    answers.map((answer, i): [string, ReadAnswer] => [
      keyOf(answer),
      { logLikelihood: likelihoods[i], margins: margins.map((tracks) => tracks[i]) },
    ]),
  );
  return Object.fromEntries(
    Object.entries(sets).map(([name, questions]) => [
      name,
      questions.map(({ prompt, choices }) =>
        // Every choice of every set was read.
        choices.map(({ response }) => read.get(keyOf({ prompt, response })) as ReadAnswer),
      ),
    ]),
  );
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

/** Every answer once, as the model reads it; what it is labelled does not matter. */
function distinctAnswers(questions: readonly ChoiceQuestion[]): LabelledText[] {
  const answers = questions.flatMap(({ prompt, choices }) =>
    choices.map(({ response }) => ({ prompt, response, label: 1, group: prompt })),
  );
  return [...new Map(answers.map((answer) => [keyOf(answer), answer])).values()];
}

function keyOf({ prompt, response }: Pick<LabelledText, 'prompt' | 'response'>): string {
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
