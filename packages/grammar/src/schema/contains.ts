import { both } from './both.js';
import { countOf } from './counts.js';
import { refuseAt } from './refuse.js';
import type { SchemaCompiler } from './schema-compiler.js';
import type { SchemaObject } from './schema-object.js';

/** Items that have to be of a kind. */
const MOST_CONTAINED = 64;

/** An array without `contains`: its first items are those that it has to contain. */
export function containing(schema: SchemaObject, pointer: string, compiler: SchemaCompiler): SchemaObject {
  const { contains, minContains = 1, maxContains, ...rest } = schema;
  if (contains === undefined) return rest;
  const refuse = (fault: string) => refuseAt(pointer, fault);
  const count = countOf({ minContains }, 'minContains', refuse) ?? 1;
  if (maxContains !== undefined) refuse('has the keyword maxContains, which is not supported');
  if (count === 0) return rest;
  if (count > MOST_CONTAINED) refuse(`has minContains ${count}, and at most ${MOST_CONTAINED} is taken`);
  if ('prefixItems' in rest || Array.isArray(rest['items']))
    refuse('has contains beside prefixItems, which is not supported');
  const { items = true } = rest;
  const first = both(
    compiler.resolve(items, `${pointer}/items`),
    compiler.resolve(contains, `${pointer}/contains`),
    refuse,
  );
  return { ...rest, prefixItems: Array.from({ length: count }, () => first), items };
}
