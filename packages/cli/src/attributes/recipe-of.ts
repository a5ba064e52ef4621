import { knownAttributes } from './known-attributes.js';
import { columnRecipe, readLabel, saysLabels, type LabelFlags, type LabelRecipe } from './label-recipe.js';

/**
 * How the labels of data for an attribute are read: as the flags say, or if they say nothing as the attribute
 * knows itself.
 *
 * @param tellFault - Told of every attribute of the config that cannot be used (default: nobody is).
 * @throws HalfspaceError as `columnRecipe` and `knownAttributes`
 */
export async function recipeOf(
  attribute: string,
  flags: LabelFlags,
  tellFault: (fault: string) => void = () => undefined,
): Promise<LabelRecipe> {
  if (saysLabels(flags)) return columnRecipe(flags);
  const { byName, faults } = await knownAttributes();
  for (const fault of faults) tellFault(fault);
  const labelOf = byName.get(attribute)?.labelOf;
  return labelOf === undefined ? columnRecipe(flags) : withNumbers(labelOf);
}

/**
 * A recipe that names its column gets what the other recipes read there: files say 1 as a number, as a text, as true or in 64
 * bits. Any other gets rows as they are.
 */
function withNumbers(labelOf: LabelRecipe): LabelRecipe {
  const column = 'column' in labelOf ? labelOf.column : undefined;
  if (typeof column !== 'string') return labelOf;
  return (values) => {
    const value = readLabel(values, column);
    return value === null ? null : labelOf({ ...values, [column]: value });
  };
}
