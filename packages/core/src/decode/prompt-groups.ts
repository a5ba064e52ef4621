/** Prompts that are the same to the model, together. */
export interface PromptGroups {
  /** Indices of all prompts: equal ones follow one another, where the first of them was. */
  readonly order: readonly number[];
  /** For each prompt, the number of its group. */
  readonly groupOf: readonly number[];
  /** For each group, how many prompts it has. */
  readonly sizes: readonly number[];
}

/**
 * Finds prompts that are run once and forked: those with the same tokens and the same arithmetic. They are decoded after one
 * another, so that what was run of a prompt is never held for one that comes much later.
 *
 * @param rowsPerStep - Of each prompt, by which a backend chooses its arithmetic.
 */
export function groupPrompts(
  prompts: readonly { readonly tokens: readonly number[] }[],
  rowsPerStep: readonly number[],
): PromptGroups {
  const groups = new Map<string, number[]>();
  prompts.forEach(({ tokens }, index) => {
    const key = `${rowsPerStep[index]}: ${tokens.join()}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  const members = [...groups.values()];
  const groupOf = prompts.map(() => 0);
  members.forEach((group, number) => group.forEach((index) => (groupOf[index] = number)));
  return { order: members.flat(), groupOf, sizes: members.map(({ length }) => length) };
}
