import type { ChoiceQuestion } from '@halfspace/subspace';
import { readPacked } from './read-packed.js';
import { setsOf } from './values.js';
import type { Value } from './recipes.js';

/** Questions with answers to choose from, two ways to choose. */
export interface ChoiceSet {
  /** `mc1`: one answer is right. `mc2`: several may be. */
  readonly name: 'mc1' | 'mc2';
  /** The questions, in the order of the file. */
  readonly questions: readonly ChoiceQuestion[];
}

/**
 * Questions with answers to choose from, none of which was fitted on: TruthfulQA's for `truthful`, and none for other values.
 *
 * @throws HalfspaceError `unknown-attribute`, `checksum-mismatch`, `file-not-found`
 */
export async function readChoices(value: Value): Promise<readonly ChoiceSet[]> {
  setsOf(value, 'fit');
  if (value !== 'truthful') return [];
  const rows = await readPacked('truthful-qa-choices');
  return (['mc1', 'mc2'] as const).map((name) => ({
    name,
    questions: rows.map(({ question, [name]: targets }) => ({
      prompt: String(question),
      choices: Object.entries(JSON.parse(String(targets)) as Record<string, number>).map(
        ([response, right]) => ({ response, right: right === 1 }),
      ),
    })),
  }));
}
