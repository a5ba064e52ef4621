import { type Backend, type LinearAttribute, subspaceFor } from '@halfspace/core';
import { type ChoiceFigures, measureChoices } from './choice-figures.js';
import { type ReadAnswer, readAnswers, type ReadAnswersOptions } from './read-answers.js';
import { chanceOf, type ChoiceQuestion } from './choice-question.js';
import { POOLERS } from './margin-track.js';
import { PAIR_POOLINGS, type PairPooling } from './pair-figures.js';

/** Settings of {@link evaluateChoices}. */
export interface EvaluateChoicesOptions extends ReadAnswersOptions {
  /** Seed of the bootstrap (default 0). */
  readonly seed?: number;
}

/** How some questions are answered. */
export interface ChoiceEvaluation {
  /** How many questions there are. */
  readonly questions: number;
  /** What choosing blindly comes to: the mean share of right choices. */
  readonly chance: number;
  /** When the choice is taken that the model itself gives the highest probability. */
  readonly logLikelihood: ChoiceFigures;
  /** When the choice with the largest margin is taken: of each attribute, in the order given, by pooling. */
  readonly attributes: readonly {
    /** Its name. */
    readonly attribute: string;
    /** The layers that it reads. */
    readonly layers: readonly number[];
    /** By the way that an answer is read. */
    readonly poolings: Readonly<Record<PairPooling, ChoiceFigures>>;
  }[];
}

/**
 * Measures how often margins pick a right answer of several, beside the model's own log-likelihood. Answers that occur in
 * several sets run through the model once. Margins are read as subspaces are fitted: prompt and response next to one another.
 *
 * @param sets - Questions by the name of their set.
 * @returns By the name of the set.
 * @throws HalfspaceError as {@link readAnswers}
 */
export async function evaluateChoices(
  backend: Backend,
  attributes: readonly LinearAttribute[],
  sets: Readonly<Record<string, readonly ChoiceQuestion[]>>,
  { seed = 0, ...options }: EvaluateChoicesOptions = {},
): Promise<Record<string, ChoiceEvaluation>> {
  const answers = await readAnswers(backend, attributes, sets, 'as-fitted', options);
  const evaluate = (name: string, questions: readonly ChoiceQuestion[]): ChoiceEvaluation => {
    const figuresOf = (scoreOf: (answer: ReadAnswer) => number) =>
      measureChoices(
        questions.map(({ prompt, choices }, q) => ({
          scores: answers[name][q].map(scoreOf),
          right: choices.map(({ right }) => right),
          group: prompt,
        })),
        { seed },
      );
    return {
      questions: questions.length,
      chance: chanceOf(questions),
      logLikelihood: figuresOf(({ logLikelihood }) => logLikelihood),
      attributes: attributes.map((attribute, a) => ({
        attribute: attribute.name,
        layers: subspaceFor(attribute, backend.model).layers,
        poolings: Object.fromEntries(
          PAIR_POOLINGS.map((pooling) => [
            pooling,
            figuresOf(({ margins }) => POOLERS[pooling](margins[a])[0]),
          ]),
        ) as Record<PairPooling, ChoiceFigures>,
      })),
    };
  };
  return Object.fromEntries(
    Object.entries(sets).map(([name, questions]) => [name, evaluate(name, questions)]),
  );
}
