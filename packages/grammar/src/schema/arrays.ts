import { choice, isNever, NEVER, repeat, type Rule, sequence, text } from '../rule/rule.js';
import type { SchemaCompiler } from './schema-compiler.js';
import { countOf } from './counts.js';
import { containing } from './contains.js';
import { refuseAt } from './refuse.js';
import type { SchemaObject } from './schema-object.js';
import { SPACE } from './space.js';
import { uniqueItems } from './unique.js';

/** The most items where a schema has a limit. */
const MOST_ITEMS = 1024;

const OPEN = sequence(text('['), SPACE);
const COMMA = sequence(text(','), SPACE);
const CLOSE = sequence(SPACE, text(']'));
const NOTHING = sequence(OPEN, text(']'));

/** Arrays as a schema describes them; items that have a place of their own are all written, if there may be so many. */
export function arrayRule(schema: SchemaObject, pointer: string, compiler: SchemaCompiler): Rule {
  const refuse = (fault: string) => refuseAt(pointer, fault);
  const min = countOf(schema, 'minItems', refuse) ?? 0;
  const max = countOf(schema, 'maxItems', refuse);
  if (min > MOST_ITEMS) refuse(`has minItems ${min}, and at most ${MOST_ITEMS} is taken`);
  if (schema['uniqueItems'] === true && (max === undefined || max > 1)) {
    return uniqueRule(schema, pointer, compiler, { min, max });
  }
  const { placed, item } = itemsOf(containing(schema, pointer, compiler), pointer, compiler);
  const firsts = placed.slice(0, max);
  if (firsts.some(isNever)) return NEVER;
  const more = isNever(item) ? NEVER : compiler.define(sequence(COMMA, item));
  const rest = (taken: number) => repeat(more, Math.max(0, min - taken), limit(max, taken));
  if (firsts.length > 0) {
    const [first, ...others] = firsts;
    const parts = others.map((each) => sequence(COMMA, each));
    return sequence(OPEN, first, ...parts, rest(firsts.length), CLOSE);
  }
  if (max === 0 || isNever(item)) return min > 0 ? NEVER : NOTHING;
  const some = sequence(OPEN, item, rest(1), CLOSE);
  return min > 0 ? some : choice(NOTHING, some);
}

/** Arrays of items of which none comes twice: each is one of a few values. */
function uniqueRule(
  schema: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
  counts: { readonly min: number; readonly max: number | undefined },
): Rule {
  const some = uniqueItems(schema, pointer, compiler, { ...counts, separator: COMMA });
  const whole = isNever(some) ? NEVER : sequence(OPEN, some, CLOSE);
  return counts.min > 0 ? whole : choice(NOTHING, whole);
}

function limit(max: number | undefined, taken: number): number | undefined {
  return max === undefined ? undefined : Math.max(0, Math.min(max, MOST_ITEMS) - taken);
}

/** Items with a place of their own, and all others. */
function itemsOf(
  { items, prefixItems, additionalItems }: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
): { readonly placed: readonly Rule[]; readonly item: Rule } {
  // Before 2020 a list of items was what prefixItems are.
  const isOld = Array.isArray(items);
  const listed = isOld ? (items as unknown[]) : (prefixItems ?? []);
  if (!Array.isArray(listed)) refuseAt(pointer, 'has prefixItems that are no list');
  const prefix = listed as readonly unknown[];
  const other = (isOld ? additionalItems : items) ?? prefix.length === 0;
  const from = isOld ? 'items' : 'prefixItems';
  return {
    placed: prefix.map((each, i) => compiler.define(compiler.rule(each, `${pointer}/${from}/${i}`))),
    item: compiler.define(compiler.rule(other, `${pointer}/items`)),
  };
}
