import { choice, EMPTY, isNever, NEVER, type Rule, sequence, text } from '../rule/rule.js';
import { equal } from './exclusive.js';
import { refuseAt } from './refuse.js';
import type { SchemaCompiler } from './schema-compiler.js';
import { isObject, type SchemaObject } from './schema-object.js';

/** Values that come in any order; of more they come in the order of the schema. */
const MOST_IN_ANY_ORDER = 6;
/** Values of which some are taken. */
const MOST_VALUES = 100;

/** How many items there are, and what stands between them. */
interface Counts {
  readonly min: number;
  readonly max: number | undefined;
  readonly separator: Rule;
}

/** At least one item, of which none comes twice: each is one of the few values that a schema lists. */
export function uniqueItems(
  schema: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
  { min, max = Infinity, separator }: Counts,
): Rule {
  for (const keyword of ['prefixItems', 'contains']) {
    if (keyword in schema)
      return refuseAt(pointer, `has uniqueItems beside ${keyword}, which is not supported`);
  }
  const values = valuesOf(compiler.resolve(schema['items'] ?? true, `${pointer}/items`), pointer);
  const isAnyOrder = values.length <= MOST_IN_ANY_ORDER;
  const known = new Map<string, Rule>();

  /** What may follow when some values are left and so many were written. */
  function after(left: readonly string[], count: number): Rule {
    const key = `${count} ${left.join()}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const options =
      count >= max
        ? []
        : left.map((value, i) => one(value, isAnyOrder ? left.toSpliced(i, 1) : left.slice(i + 1), count));
    const isEnough = count >= Math.max(1, min);
    const rule = compiler.define(
      choice(...options.filter((each) => !isNever(each)), ...(isEnough ? [EMPTY] : [])),
    );
    known.set(key, rule);
    return rule;
  }

  function one(value: string, left: readonly string[], count: number): Rule {
    const next = after(left, count + 1);
    return isNever(next) ? NEVER : sequence(count === 0 ? EMPTY : separator, text(value), next);
  }

  return after(values, 0);
}

/** As JSON writes them, each once. */
function valuesOf(items: unknown, pointer: string): string[] {
  const { enum: listed, const: only, type, ...rest } = isObject(items) ? items : {};
  const given: unknown =
    only !== undefined
      ? [only]
      : (listed ?? (type === 'boolean' ? [true, false] : type === 'null' ? [null] : undefined));
  const described = new Set(['title', 'description', '$comment', 'default', 'examples']);
  if (
    !Array.isArray(given) ||
    Object.keys(rest).some((each) => !described.has(each)) ||
    (type !== undefined && listed !== undefined && typeof type !== 'string')
  ) {
    return refuseAt(pointer, 'has uniqueItems, which is supported where items are one of an enum');
  }
  const isOfType = (value: unknown) =>
    type === undefined ||
    type === (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value) ||
    (type === 'integer' && Number.isInteger(value));
  const values = (given as readonly unknown[]).filter(isOfType);
  const each = values.filter((value, i) => !values.slice(0, i).some((other) => equal(value, other)));
  if (each.length > MOST_VALUES)
    return refuseAt(pointer, `has uniqueItems of more than ${MOST_VALUES} values, which is not supported`);
  return each.map((value) => JSON.stringify(value));
}
