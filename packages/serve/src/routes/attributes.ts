import type { Attribute, ModelInfo } from '@halfspace/core';
import { jsonResponse } from '../http/respond.js';
import type { AttributeCard } from '../server-options.js';
import type { Route } from './route.js';

/** Whether an attribute can be read off a model. */
export function isAvailable(attribute: Attribute, { fingerprint }: ModelInfo): boolean {
  return !('subspaces' in attribute) || attribute.subspaces.some(({ model }) => model === fingerprint);
}

/** `GET /halfspace/attributes`. */
export const attributes: Route = ({ halfspace, cards }) =>
  jsonResponse({
    object: 'list',
    data: halfspace.attributes.map((each) => described(each, halfspace.backend.model, cards[each.name])),
  });

function described(attribute: Attribute, model: ModelInfo, card: AttributeCard | undefined): object {
  const { name, description, cap = 0 } = attribute;
  const own =
    'subspaces' in attribute ? attribute.subspaces.filter((each) => each.model === model.fingerprint) : [];
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
