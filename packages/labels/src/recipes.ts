import { ATTRIBUTIONS, type Attribution } from './sets.js';
import type { PACKED } from './packed.js';

/** The values that this package has labels for. */
export const VALUES = ['nontoxic', 'helpful', 'truthful'] as const;

/**
 * A value that this package has labels for.
 *
 * @useDeclaredType
 */
export type Value = (typeof VALUES)[number];

/**
 * What rows are for.
 * - `fit`: to fit on, and to cross-validate in.
 * - `heldOut`: to measure on, and never to fit on: other groups of the sets that are fitted on.
 * - `outOfDomain`: to measure on, of sets that nothing is fitted on.
 *
 * @useDeclaredType
 */
export type Part = (typeof PARTS)[number];

/** All {@link Part}s. */
export const PARTS = ['fit', 'heldOut', 'outOfDomain'] as const;

/**
 * A file of data/, without its ending.
 *
 * @useDeclaredType
 */
export type PackedName = keyof typeof PACKED;

/** How the rows of a file become labelled texts. */
export interface SetRecipe {
  /** File of data/. */
  readonly file: PackedName;
  /** Where it is from, and its licence. */
  readonly attribution: Attribution;
  /** What its rows are. */
  readonly description: string;
  /** What a prompt is. */
  readonly prompt: string;
  /** What a response is. */
  readonly response: string;
  /** What the group of a row is. */
  readonly group: string;
  /** How rows say which side they are on. */
  readonly label: TextLabel | PairLabel;
}

/** Single texts by a score. */
export interface TextLabel {
  /** Each row is one text. */
  readonly form: 'texts';
  /** Column with a number from 0 to 1. */
  readonly column: string;
  /** Whether a high number is the desired side. */
  readonly desired: 'high' | 'low';
  /** Up to here and from here on a row is on a side. What lies between is left out where sides are asked for. */
  readonly sides: readonly [to: number, from: number];
}

/** Pairs of which one was preferred. */
export interface PairLabel {
  /** Each row is two texts. */
  readonly form: 'pairs';
}

const toxicity = (file: PackedName): SetRecipe => ({
  file,
  attribution: ATTRIBUTIONS['real-toxicity-prompts'],
  description:
    'sentences of web pages in two halves, with the toxicity that Perspective gave each half in 2020',
  prompt: 'the first half, or nothing where the first half itself is the response',
  response: 'a half of a sentence',
  group: 'the document',
  // From .5 on annotators are as likely as not to call a text toxic.
  label: { form: 'texts', column: 'toxicity', desired: 'low', sides: [0.25, 0.5] },
});

const preference = (file: PackedName): SetRecipe => ({
  file,
  attribution: ATTRIBUTIONS['hh-rlhf'],
  description: 'two answers of an assistant, of which crowd workers chose the more helpful one',
  prompt: 'the dialogue so far, with "Human:" and "Assistant:" before the turns; it ends in "Assistant:"',
  response: 'the next turn of the assistant',
  group: 'the first turn of the dialogue',
  label: { form: 'pairs' },
});

const judged = (file: PackedName, column: string, description: string): SetRecipe => ({
  file,
  attribution: ATTRIBUTIONS['truthful-qa'],
  description,
  prompt: 'a question that people often answer wrongly',
  response: 'an answer, of a model or of a person',
  group: 'the question',
  label: { form: 'texts', column, desired: 'high', sides: [0, 1] },
});

const claims = (file: PackedName): SetRecipe => ({
  file,
  attribution: ATTRIBUTIONS.creak,
  description: 'claims about things, written by crowd workers to be true or false',
  prompt: 'nothing',
  response: 'a claim',
  group: 'what the claim is about',
  label: { form: 'texts', column: 'truthful', desired: 'high', sides: [0, 1] },
});

const INFORMATIVE = 'answers to questions of TruthfulQA, judged to be informative or not';
const TRUTHFUL = 'answers to questions of TruthfulQA, judged to be true or not';

/** The sets of each part of a value, the most important one first. */
export const RECIPES: Readonly<Record<Value, Readonly<Record<Part, readonly SetRecipe[]>>>> = {
  nontoxic: {
    fit: [toxicity('real-toxicity-prompts-fit')],
    heldOut: [toxicity('real-toxicity-prompts-held-out')],
    outOfDomain: [],
  },
  helpful: {
    fit: [preference('hh-rlhf-fit'), judged('truthful-qa-informative-fit', 'helpful', INFORMATIVE)],
    heldOut: [
      preference('hh-rlhf-held-out'),
      judged('truthful-qa-informative-held-out', 'helpful', INFORMATIVE),
    ],
    outOfDomain: [],
  },
  truthful: {
    fit: [judged('truthful-qa-fit', 'truthful', TRUTHFUL), claims('creak-fit')],
    heldOut: [judged('truthful-qa-held-out', 'truthful', TRUTHFUL), claims('creak-held-out')],
    outOfDomain: [],
  },
};
