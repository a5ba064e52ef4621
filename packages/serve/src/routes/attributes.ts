import { type Attribute, type ModelInfo, subspacesFor } from '@halfspace/core';
import { jsonResponse } from '../http/respond.js';
import type { AttributeCard } from '../server-options.js';
import type { Route } from './route.js';

/** Whether an attribute can be read off a model. */
export function isAvailable(attribute: Attribute, model: ModelInfo): boolean {
  return !('subspaces' in attribute) || subspacesFor(attribute, model).length > 0;
}

/** `GET /halfspace/attributes`. */
export const attributes: Route = ({ halfspace, cards, judges, addValue }) =>
  jsonResponse({
    object: 'list',
    data: halfspace.attributes.map((each) => described(each, halfspace.backend.model, cards[each.name])),
    judges: judges.map(({ name }) => name),
    takes_examples: addValue !== undefined,
  });

function described(attribute: Attribute, model: ModelInfo, card: AttributeCard | undefined): object {
  const { name, description, cap = 0 } = attribute;
  const own = subspacesFor(attribute, model);
  return {
    name,
    description,
    cap: cap === Infinity ? 'none' : cap,
    kind: 'subspaces' in attribute ? 'linear' : 'scoring',
    available: isAvailable(attribute, model),
    subspaces: own.map(({ layers }) => ({
      layers,
      early: model.cut !== undefined && Math.max(...layers) <= model.cut,
    })),
    ...card,
  };
}
