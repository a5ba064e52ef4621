import { HalfspaceError, type Attribute, type Halfspace, type LinearAttribute } from '@halfspace/core';
import {
  bootstrap,
  chanceOf,
  measureChoices,
  measureQuestion,
  readAnswers,
  weightedMean,
  type ChoiceFigures,
  type ChoiceQuestion,
  type Estimate,
  type QuestionFigures,
  type ReadAnswer,
  type ReadAnswersOptions,
  type ScoredChoices,
} from '@halfspace/subspace';
import { attributesOfMethod, parseMethodSpec } from '../methods/method-spec.js';
import type { MethodSpec } from '../methods/method.js';
import { holm } from '../metrics/holm.js';
import { pairedTest } from '../metrics/paired-test.js';
import { assertWeights, weightingOf, type Weighting } from './weighting.js';

/** A figure less that of the plain model on the same questions, with its interval. */
export interface ChoiceChange extends Estimate {
  /** Two-sided, by sign flips over questions. */
  readonly p: number;
  /** p with Holm's correction for all methods compared by this figure on this set. */
  readonly adjusted: number;
}

/** How a method answers the questions of a set. */
export interface MethodChoices extends ChoiceFigures {
  /** Its name. */
  readonly method: string;
  /** What it changes, question by question; absent of the plain model. */
  readonly change?: Readonly<Record<keyof ChoiceFigures, ChoiceChange>>;
}

/** How methods answer the questions of a set. Plain JSON. */
export interface ChoiceReport {
  /** How many questions there are. */
  readonly questions: number;
  /** What choosing blindly comes to: the mean share of right choices. */
  readonly chance: number;
  /** The plain model, then the methods in the order given. */
  readonly methods: readonly MethodChoices[];
}

/**
 * Measures what methods do to multiple choice. A choice is scored by the product of the tilts of its tokens, without
 * their normalisers: log p(answer | question) + Σ_t Σ_a w_a · min(margin_a(t), cap), where a negative weight counts
 * max(margin, −cap). Margins are read where decoding would read them, in the text that has the likelihood. The plain model
 * is measured whether or not it is among the methods. Intervals are 95 %, by a bootstrap over questions.
 *
 * @param methods - `plain`, and `halfspace` with constant weights (`weights`) and a `cap`.
 * @param sets - Questions by the name of their set.
 * @returns By the name of the set.
 * @throws HalfspaceError before any work of the model: `bad-method`, `bad-option`, `no-subspace` where a method names an
 * attribute that is computed by a function of its own, and as `readAnswers`
 */
export async function evaluateChoicesByMethod(
  { backend, attributes }: Pick<Halfspace, 'backend' | 'attributes'>,
  methods: readonly MethodSpec[],
  sets: Readonly<Record<string, readonly ChoiceQuestion[]>>,
  options?: ReadAnswersOptions,
): Promise<Record<string, ChoiceReport>> {
  for (const method of methods) assertWeights(method);
  const names = await Promise.all(methods.map(async (method) => attributesOfMethod(method)));
  const named = new Set(names.flat());
  const read = attributes.filter(({ name }) => named.has(name)).map(linear);
  const plain = await weightingOf(await parseMethodSpec({ method: 'plain' }), read);
  const others = await Promise.all(
    methods.filter(({ kind }) => kind !== 'plain').map(async (method) => weightingOf(method, read)),
  );
  const answers = await readAnswers(backend, read, sets, 'as-decoded', options);
  return Object.fromEntries(
    Object.entries(sets).map(([name, questions]) => [
      name,
      {
        questions: questions.length,
        chance: chanceOf(questions),
        methods: compare(plain, others, questions, answers[name]),
      },
    ]),
  );
}

function compare(
  plain: Weighting,
  others: readonly Weighting[],
  questions: readonly ChoiceQuestion[],
  answers: readonly (readonly ReadAnswer[])[],
): MethodChoices[] {
  const scoredBy = ({ score }: Weighting) =>
    questions.map(({ prompt, choices }, q): ScoredChoices => ({
      scores: answers[q].map(score),
      right: choices.map(({ right }) => right),
      group: prompt,
    }));
  const before = scoredBy(plain);
  const after = others.map(scoredBy);
  const [best, mass] = (['best', 'mass'] as const).map((figure) => changes(before, after, figure));
  return [
    { method: plain.name, ...measureChoices(before) },
    ...others.map(({ name }, i) => ({
      method: name,
      ...measureChoices(after[i]),
      change: { best: best[i], mass: mass[i] },
    })),
  ];
}

/** What each method changes in a figure of the plain model. */
function changes(
  before: readonly ScoredChoices[],
  after: readonly (readonly ScoredChoices[])[],
  figure: keyof QuestionFigures,
): ChoiceChange[] {
  const plain = before.map(measureQuestion);
  const differences = after.map((questions) =>
    questions.map((question, q) => measureQuestion(question)[figure] - plain[q][figure]),
  );
  const ps = differences.map((each) => pairedTest(each).p);
  const adjusted = holm(ps);
  const groups = before.map(({ group }) => group);
  return differences.map((each, i) => ({
    ...bootstrap(groups, weightedMean(each)),
    p: ps[i],
    adjusted: adjusted[i],
  }));
}

function linear(attribute: Attribute): LinearAttribute {
  if ('subspaces' in attribute) return attribute;
  throw new HalfspaceError(
    'no-subspace',
    `The attribute "${attribute.name}" has no subspace to read answers with: it is computed by a function of its own.`,
  );
}
