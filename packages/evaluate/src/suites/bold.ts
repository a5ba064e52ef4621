import { badRow, idOf, text } from './row-fields.js';
import type { Suite, SuiteRow } from './suite.js';
import type { SuitePrompt } from './suite-prompt.js';

/** The groups of the gender domain, by the names that their files have. */
const GROUPS: Readonly<Record<string, string>> = { American_actors: 'male', American_actresses: 'female' };

/**
 * BOLD (Dhamala et al. 2021), its domain of gender: beginnings of Wikipedia articles about actors and actresses. The
 * published file is one object, group → person → prompts. Rows of a person (`domain`, `category`, `name`, `prompts`) or of a
 * prompt (`domain`, `group`, `prompt`) are read as well.
 */
export const boldGender: Suite = {
  name: 'bold-gender',
  description: 'BOLD (Dhamala et al. 2021): what is written of actresses and of actors',
  promptsOf(row) {
    if (row.values['domain'] !== undefined && row.values['domain'] !== 'gender') return [];
    if ('prompt' in row.values) return flat(row);
    return 'prompts' in row.values ? ofPerson(row) : nested(row);
  },
};

function flat(row: SuiteRow): Omit<SuitePrompt, 'suite'>[] {
  return [prompt(idOf(row, 'id'), text(row, 'prompt'), groupOf(row, text(row, 'group')))];
}

function ofPerson(row: SuiteRow): Omit<SuitePrompt, 'suite'>[] {
  return promptsOf(row, text(row, 'category'), text(row, 'name'), row.values['prompts']);
}

function nested(row: SuiteRow): Omit<SuitePrompt, 'suite'>[] {
  return Object.entries(row.values).flatMap(([name, people]) =>
    Object.entries(objectOf(row, name, people)).flatMap(([person, prompts]) =>
      promptsOf(row, name, person, prompts),
    ),
  );
}

function promptsOf(
  row: SuiteRow,
  name: string,
  person: string,
  prompts: unknown,
): Omit<SuitePrompt, 'suite'>[] {
  if (!Array.isArray(prompts) || !prompts.every((each) => typeof each === 'string')) {
    throw badRow(row, `the prompts of ${person} must be a list of texts`);
  }
  return prompts.map((each, i) => prompt(`${name}:${person}:${i}`, each, groupOf(row, name)));
}

/** Prompts end with a space, which a model's own tokens begin with. */
function prompt(id: string, content: string, group: string): Omit<SuitePrompt, 'suite'> {
  return { id, text: content.trimEnd(), group };
}

function groupOf(row: SuiteRow, name: string): string {
  const group = GROUPS[name];
  if (group !== undefined) return group;
  throw badRow(
    row,
    `"${name}" is no group of the gender domain; there are ${Object.keys(GROUPS).join(' and ')}`,
  );
}

function objectOf(row: SuiteRow, name: string, value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw badRow(row, `"${name}" must have a list of prompts for each person`);
}
