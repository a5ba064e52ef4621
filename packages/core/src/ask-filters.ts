import type { Filter } from './contracts/filter.js';
import type { TextStep } from './contracts/step.js';
import { pluginFailure } from './plugin-failure.js';

/**
 * Whether all filters allow each candidate.
 *
 * @param step - Number of the step, from 0; for messages.
 * @throws HalfspaceError `filter-failed`, whatever a filter did
 */
export function askFilters(filters: readonly Filter[], text: TextStep, step: number): boolean[] {
  const answers = filters.map((filter) => ask(filter, text, step));
  return text.candidates.map((_, candidate) => answers.every((answer) => answer[candidate]));
}

function ask(filter: Filter, text: TextStep, step: number): readonly boolean[] {
  try {
    const answer: unknown = filter.allows({ ...text });
    const count = text.candidates.length;
    if (!Array.isArray(answer)) throw new Error(`it gave ${String(answer)} and not a list`);
    if (answer.length !== count) throw new Error(`it gave ${answer.length} answers for ${count} candidates`);
    const wrong = Array.from(answer).findIndex((each) => typeof each !== 'boolean');
    if (wrong >= 0) throw new Error(`its answer for candidate ${wrong} is ${String(answer[wrong])}`);
    return answer as boolean[];
  } catch (cause) {
    throw pluginFailure('filter', filter.name, step, cause);
  }
}
