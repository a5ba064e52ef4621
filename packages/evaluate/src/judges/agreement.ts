import { HalfspaceError, type Judge } from '@halfspace/core';
import { auroc } from '@halfspace/subspace';
import { spearman } from '../metrics/rank-correlation.js';

/** What a judge said of some texts. */
export interface JudgeScores extends Pick<Judge, 'name' | 'threshold'> {
  /** One a text, 0 to 1; the same texts in the same order for all judges. */
  readonly scores: ArrayLike<number>;
}

/** How far two judges agree about the same texts. */
export interface JudgeAgreement {
  /** Names of the two. */
  readonly judges: readonly [first: string, second: string];
  /** How well the scores of the first tell apart what the second calls so; null where it calls all or none so. */
  readonly firstRanksSecond: number | null;
  /** The same of the second about the first. */
  readonly secondRanksFirst: number | null;
  /** Spearman's correlation of their scores, −1 to 1; null where one of them gives all the same. */
  readonly spearman: number | null;
  /** Cohen's kappa of their verdicts at their thresholds: 1 agrees always, 0 no more than chance; null where both always say the same one. */
  readonly kappa: number | null;
}

/**
 * Agreement of each pair of judges, in the order in which they are given.
 *
 * @throws HalfspaceError `bad-judge` when they scored different numbers of texts
 */
export function judgeAgreement(judges: readonly JudgeScores[]): JudgeAgreement[] {
  for (const { name, scores } of judges) {
    if (scores.length === judges[0].scores.length) continue;
    throw new HalfspaceError(
      'bad-judge',
      `The judge ${name} scored ${scores.length} texts and ${judges[0].name} ${judges[0].scores.length}. Give scores of the same texts.`,
    );
  }
  return judges.flatMap((first, place) =>
    judges.slice(place + 1).map((second) => agreementOf(first, second)),
  );
}

function agreementOf(first: JudgeScores, second: JudgeScores): JudgeAgreement {
  const [calls, others] = [verdicts(first), verdicts(second)];
  return {
    judges: [first.name, second.name],
    firstRanksSecond: ranked(first.scores, others),
    secondRanksFirst: ranked(second.scores, calls),
    spearman: orNull(spearman(first.scores, second.scores)),
    kappa: kappa(calls, others),
  };
}

const verdicts = ({ scores, threshold }: JudgeScores) => Array.from(scores, (score) => score >= threshold);

const orNull = (value: number) => (Number.isFinite(value) ? value : null);

function ranked(scores: ArrayLike<number>, called: readonly boolean[]): number | null {
  return new Set(called).size < 2 ? null : auroc(scores, called.map(Number));
}

function kappa(first: readonly boolean[], second: readonly boolean[]): number | null {
  const share = (of: (text: number) => boolean) => first.filter((_, text) => of(text)).length / first.length;
  const [yes, otherYes] = [share((text) => first[text]), share((text) => second[text])];
  const byChance = yes * otherYes + (1 - yes) * (1 - otherYes);
  const agreed = share((text) => first[text] === second[text]);
  return orNull((agreed - byChance) / (1 - byChance));
}
