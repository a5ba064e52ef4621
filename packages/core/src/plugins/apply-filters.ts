import { describeValue, type TextFilter, type TextStep } from '@halfspace/contracts';
import { readAnswer } from '@halfspace/contracts/internal';
import { pluginFailure } from './plugin-failure.js';

/**
 * Whether all filters allow each candidate.
 *
 * @param step - Number of the step, from 0; for messages.
 * @throws HalfspaceError `filter-failed`, whatever a filter did
 */
export function applyFilters(filters: readonly TextFilter[], text: TextStep, step: number): boolean[] {
  const answers = filters.map((filter) => ask(filter, text, step));
  return text.candidates.map((_, candidate) => answers.every((answer) => answer[candidate]));
}

function ask(filter: TextFilter, text: TextStep, step: number): readonly boolean[] {
  try {
    const answer: unknown = filter.allows({ ...text });
    if (answer instanceof Promise) {
      // It may yet be rejected, and nobody else will hear of it.
      answer.catch(() => undefined);
      throw new TypeError('it gave a promise and not a list of answers: a filter has to say at once');
    }
    const count = text.candidates.length;
    const answers = readAnswer(answer, { items: 'answers', subjects: 'candidates', count });
    return answers.map((each, candidate) => {
      if (typeof each === 'boolean') return each;
      throw new TypeError(`its answer for candidate ${candidate} is ${describeValue(each)}`);
    });
  } catch (cause) {
    throw pluginFailure('filter', filter.name, step, cause);
  }
}
