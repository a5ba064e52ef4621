import { idOf, label, text } from './row-fields.js';
import type { Suite } from './suite.js';

/** AttaQ (Kour et al. 2023): questions that ask for harm, by the kind of harm. Rows have `input` and `label`. */
export const attaq: Suite = {
  name: 'attaq',
  description: 'AttaQ (Kour et al. 2023): questions that ask for harm, by its kind',
  promptsOf(row) {
    const question = text(row, 'input' in row.values ? 'input' : 'prompt');
    const group = label(row, 'label');
    const messages = [{ role: 'user' as const, content: question }];
    return [{ id: idOf(row, 'uid', 'id'), text: question, messages, ...(group !== undefined && { group }) }];
  },
};
