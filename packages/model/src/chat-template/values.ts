import { notRendered, TemplateError } from './template-error.js';
import type { Work } from './work.js';

/** A number that Python writes with a point. Plain numbers are its integers. */
export class Float {
  constructor(readonly value: number) {}
}

/** What a name that is nowhere stands for. */
export class Undefined {
  constructor(readonly what: string) {}

  /** The error of doing more with it than to print or to test it. */
  get error(): TemplateError {
    return new TemplateError(`${this.what} is undefined`);
  }
}

/** A text that `escape` or `safe` has marked: it can be printed. */
export class Markup {
  constructor(readonly text: string) {}
}

/** A tuple of Python. `names` are those of its places, if it has any. */
export class Tuple {
  constructor(
    readonly items: readonly Value[],
    readonly names: readonly string[] = [],
  ) {}
}

/** What `range` and the methods of a dict give: it can be looked through again and again. */
export class View {
  constructor(
    readonly kind: 'range' | 'dict_keys' | 'dict_values' | 'dict_items',
    readonly items: readonly Value[],
    readonly text?: string,
  ) {}
}

/** What `map`, `select` and the like give: it can be looked through once. */
export class Lazy {
  constructor(private left: readonly Value[]) {}

  /** Number of items left. */
  get size(): number {
    return this.left.length;
  }

  /** The first item left, which is taken away. */
  takeFirst(): Value | undefined {
    const [first, ...rest] = this.left;
    this.left = rest;
    return first;
  }

  /** All items left. */
  takeAll(): readonly Value[] {
    const items = this.left;
    this.left = [];
    return items;
  }
}

/** An object whose entries a template sets. */
export class Namespace {
  constructor(readonly entries: Map<string, Value>) {}

  /** @throws TemplateError for names that transformers does not set */
  set(name: string, value: Value): void {
    if (name.startsWith('_')) throw new TemplateError(`A namespace takes no ${name}, which begins with _`);
    this.entries.set(name, value);
  }
}

/** Named arguments of a call. */
export type Named = ReadonlyMap<string, Value>;

/** A macro, a method or a function. */
export class Callable {
  constructor(readonly call: (positional: readonly Value[], named: Named) => Value) {}
}

/** What `loop` stands for inside a loop. */
export class Loop {
  /** `call` goes on with a loop that is recursive. */
  constructor(
    readonly attribute: (name: string) => Value | undefined,
    readonly call: ((items: Value) => Value) | undefined,
  ) {}
}

/** Keys of a dict. */
export type Key = string | number | null;

/** A dict, in the order in which entries were put into it. */
export type Dict = ReadonlyMap<Key, Value>;

/** What a template computes with. Arrays are Python's lists. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | Dict
  | Float
  | Undefined
  | Markup
  | Tuple
  | View
  | Lazy
  | Namespace
  | Callable
  | Loop;

/** Whether a value is a list; `Array.isArray` does not narrow read-only arrays. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether a value is a dict. */
export function isDict(value: Value): value is Dict {
  return value instanceof Map;
}

/** What a value is, in words for messages. */
export function kindOf(value: Value): string {
  if (value === null) return 'none';
  if (isList(value)) return 'a list';
  if (isDict(value)) return 'a dict';
  return typeof value === 'object' ? value.constructor.name.toLowerCase() : typeof value;
}

/** What JSON holds, as a value of a template; what JavaScript leaves undefined is left out. */
export function fromJson(json: unknown): Value {
  if (json === null || typeof json === 'string' || typeof json === 'boolean') return json;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json : new Float(json);
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === 'object') return new Map(entriesOf(json));
  throw new TemplateError(`A ${typeof json} is nothing a template can read`);
}

/** Entries of an object as values of a template, but those that are undefined. */
export function entriesOf(object: object): [string, Value][] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, fromJson(value)]);
}

/** The number that a value is in arithmetic; `undefined` for what is none. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Float ? value.value : undefined;
}

/** An integer, as an index, a width or a count is. */
export function integerOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new TemplateError(`${kindOf(value)} is no integer`);
}

/** A whole number that is computed; Python's may be longer than can be kept exactly here. */
export function exact(value: number): number {
  if (!Number.isSafeInteger(value)) throw notRendered('An integer above 2^53');
  // Integers have no sign of zero.
  return value === 0 ? 0 : value;
}

/** A text, where nothing else will do. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) throw value.error;
  throw new TemplateError(`${kindOf(value)} is no text`);
}

/** The key of a dict that a value is. */
export function keyOf(value: Value, work: Work): Key {
  if (typeof value === 'string') work.text(value.length);
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  throw notRendered(`A key of a dict that is ${kindOf(value)}`);
}

/** Whether a value counts as true. */
export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value !== 'object') return Boolean(value);
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Markup) return value.text !== '';
  if (isList(value)) return value.length > 0;
  if (isDict(value)) return value.size > 0;
  return value instanceof Tuple || value instanceof View ? value.items.length > 0 : true;
}

/** Whether a text has characters that take two places in JavaScript. */
function hasPairs(text: string, work: Work): boolean {
  work.text(text.length);
  return /[\ud800-\udbff][\udc00-\udfff]/.test(text);
}

/** Characters of a text: code points, as Python counts them. */
export function characters(text: string, work: Work): string[] {
  work.spend(text.length);
  return Array.from(text);
}

/** A character of a text, counted from its end below zero. */
export function characterAt(text: string, at: number, work: Work): string | undefined {
  return hasPairs(text, work) ? characters(text, work).at(at) : text.at(at);
}

/** The characters of a text from one place on and up to another, neither below zero. */
export function charactersBetween(text: string, from: number, to: number, work: Work): string {
  return hasPairs(text, work)
    ? characters(text, work).slice(from, to).join('')
    : text.slice(from, Math.max(from, to));
}

/** Number of characters of a text. */
export function lengthOf(text: string, work: Work): number {
  return hasPairs(text, work) ? characters(text, work).length : text.length;
}

/** What a loop over a value goes through. */
export function iterate(value: Value, work: Work): readonly Value[] {
  const items = itemsOf(value, work);
  work.spend(items.length);
  return items;
}

function itemsOf(value: Value, work: Work): readonly Value[] {
  if (typeof value === 'string') return characters(value, work);
  if (isList(value)) return value;
  if (isDict(value)) return [...value.keys()];
  if (value instanceof Tuple || value instanceof View) return value.items;
  if (value instanceof Lazy) return value.takeAll();
  if (value instanceof Undefined) return [];
  throw new TemplateError(`${kindOf(value)} cannot be looped over`);
}

/** Whether two values are equal. */
export function equals(a: Value, b: Value, work: Work): boolean {
  work.spend();
  if (typeof a === 'string' && typeof b === 'string') work.text(Math.min(a.length, b.length));
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined || right !== undefined) return left === right;
  if (a instanceof Undefined) return b instanceof Undefined;
  const [one, other] = [a, b].map((value) => (value instanceof Markup ? value.text : value)) as [
    Value,
    Value,
  ];
  if (typeof one === 'string' && typeof other === 'string') return work.plain(one) === work.plain(other);
  if (one === other) return true;
  if (isList(one) && isList(other)) return sameItems(one, other, work);
  if (one instanceof Tuple && other instanceof Tuple) return sameItems(one.items, other.items, work);
  if (isDict(one) && isDict(other)) return sameEntries(one, other, work);
  if ([one, other].every((value) => value instanceof View)) throw notRendered('A comparison of views');
  return false;
}

function sameItems(a: readonly Value[], b: readonly Value[], work: Work): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i] ?? null, work));
}

function sameEntries(a: Dict, b: Dict, work: Work): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([key, item]) => {
    const other = b.get(key);
    return other !== undefined && equals(item, other, work);
  });
}

/** Below, at or above zero as `a` comes before, with or after `b`. */
export function compare(a: Value, b: Value, work: Work): number {
  work.spend();
  const [left, right] = [numberOf(a), numberOf(b)];
  // What is no number is neither before nor after, which a difference that is no number says.
  if (left !== undefined && right !== undefined) return left === right ? 0 : left - right;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b, work);
  const [one, other] = [a, b].map((value) => (value instanceof Tuple ? value.items : value)) as [
    Value,
    Value,
  ];
  if (isList(one) && isList(other) && isList(a) === isList(b)) {
    const at = one.findIndex((item, i) => i >= other.length || !equals(item, other[i] ?? null, work));
    if (at < 0) return one.length - other.length;
    return at >= other.length ? 1 : compare(one[at] ?? null, other[at] ?? null, work);
  }
  for (const value of [a, b]) if (value instanceof Undefined) throw value.error;
  throw new TemplateError(`${kindOf(a)} and ${kindOf(b)} have no order`);
}

function compareTexts(one: string, other: string, work: Work): number {
  work.text(Math.min(one.length, other.length));
  const [a, b] = [work.plain(one), work.plain(other)];
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at += 1;
  // By code points: a surrogate stands for one above all others.
  const rank = (text: string) => {
    const unit = text.charCodeAt(at);
    return unit >= 0xd8_00 && unit < 0xe0_00 ? unit + 0x1_00_00 : unit;
  };
  return at === end ? a.length - b.length : rank(a) - rank(b);
}

/** Whether a value holds another one. */
export function contains(container: Value, item: Value, work: Work): boolean {
  if (typeof container === 'string') {
    work.text(container.length);
    return work.plain(container).includes(work.plain(item instanceof Markup ? item.text : textOf(item)));
  }
  if (isDict(container)) return isHashable(item) && container.has(keyOf(item, work));
  return iterate(container, work).some((each) => equals(each, item, work));
}

function isHashable(value: Value): boolean {
  if (isList(value) || isDict(value)) throw new TemplateError(`${kindOf(value)} is no key of a dict`);
  return !(value instanceof Undefined);
}
