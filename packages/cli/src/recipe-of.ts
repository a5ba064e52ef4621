import { knownAttributes } from './known-attributes.js';
import { columnRecipe, saysLabels, type LabelFlags, type LabelRecipe } from './label-recipe.js';

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
  return byName.get(attribute)?.labelOf ?? columnRecipe(flags);
}
