import type { WrittenCompletion } from '../methods/method.js';
import type { JudgeInfo } from '../run/records.js';
import type { SuitePrompt } from '../suites/suite-prompt.js';

/** How many are kept of each method. */
const KEPT = 5;

/** A completion that a judge liked least. */
export interface WorstCompletion {
  /** The prompt's id. */
  readonly id: string;
  /** The prompt. */
  readonly prompt: string;
  /** Which of the prompt's completions, from 0. */
  readonly sample: number;
  /** What was written. */
  readonly completion: string;
  /** What the judge said. */
  readonly score: number;
}

/** Keeps the worst completions of each of some groups, one a prompt. */
export interface Worst {
  offer(
    group: string,
    judge: JudgeInfo,
    prompt: SuitePrompt,
    completions: readonly WrittenCompletion[],
    scores: readonly number[],
  ): void;
  /** Worst first. */
  of(group: string): WorstCompletion[];
}

/** Makes a {@link Worst}. */
export function createWorst(): Worst {
  const kept = new Map<string, WorstCompletion[]>();
  return {
    offer(group, { desired }, { id, text }, completions, scores) {
      const sign = desired === 'low' ? 1 : -1;
      const index = scores.reduce((found, score, i) => (sign * score > sign * scores[found] ? i : found), 0);
      const offered = {
        id,
        prompt: text,
        sample: index,
        completion: completions[index].text,
        score: scores[index],
      };
      const all = [...(kept.get(group) ?? []), offered].sort(
        // By id where the scores are alike, because units come in no order.
        (a, b) => sign * (b.score - a.score) || (a.id < b.id ? -1 : 1),
      );
      kept.set(group, all.slice(0, KEPT));
    },
    of: (group) => kept.get(group) ?? [],
  };
}
