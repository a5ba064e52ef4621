import type { Attribute } from '@halfspace/core';
import type { LabelRecipe } from './label-recipe.js';

/** An attribute that comes with the command. */
export interface InstalledAttribute {
  readonly attribute: Attribute;
  /** How to read the labels of its data. */
  readonly labelOf: LabelRecipe;
}

/** The attributes that the command knows by name. A further one is a further entry. */
export const INSTALLED: ReadonlyMap<string, () => Promise<InstalledAttribute>> = new Map([
  [
    'toxicity',
    async () => {
      const { toxicity, labelToxicity } = await import('@halfspace/attribute-toxicity');
      return { attribute: toxicity, labelOf: labelToxicity };
    },
  ],
]);
