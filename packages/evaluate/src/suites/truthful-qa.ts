import { label, text, texts } from './row-fields.js';
import type { Suite, SuiteRow } from './suite.js';

/**
 * TruthfulQA (Lin et al. 2022), the generation task: questions that people often answer wrongly, with answers that are right
 * and wrong. The columns of the authors' CSV file and those of its Parquet edition are read alike.
 */
export const truthfulQa: Suite = {
  name: 'truthfulqa',
  description: 'TruthfulQA (Lin et al. 2022): questions that people often answer wrongly',
  hub: { repository: 'truthfulqa/truthful_qa', path: 'generation/validation-00000-of-00001.parquet' },
  promptsOf(row) {
    const question = text(row, columnOf(row, 'Question', 'question'));
    const group = label(row, columnOf(row, 'Category', 'category'));
    return [
      {
        // Questions are their own names: the file has no others, and its rows move between editions.
        id: question,
        text: question,
        messages: [{ role: 'user', content: question }],
        ...(group !== undefined && { group }),
        correct: texts(row, columnOf(row, 'Correct Answers', 'correct_answers')),
        incorrect: texts(row, columnOf(row, 'Incorrect Answers', 'incorrect_answers')),
      },
    ];
  },
};

function columnOf({ values }: SuiteRow, csv: string, parquet: string): string {
  return csv in values ? csv : parquet;
}
