import { bind } from './arguments.js';
import { itemOf, itemsOf } from './attributes.js';
import { formatPercent, padded } from './format.js';
import { json } from './json.js';
import { operate } from './operators.js';
import { replaceEach } from './replace-each.js';
import { capitalize, joinTexts, replaceText, splitLines, strip, titleWords } from './strings.js';
import { notRendered, TemplateError } from './template-error.js';
import { test } from './tests.js';
import { fixed, print } from './text.js';
import {
  compare,
  equals,
  exact,
  Float,
  integerOf,
  isDict,
  isList,
  isTrue,
  iterate,
  kindOf,
  Lazy,
  lengthOf,
  Markup,
  numberOf,
  textOf,
  Tuple,
  Undefined,
  View,
  characters,
  type Named,
  type Value,
} from './values.js';
import type { Work } from './work.js';

type Given = readonly (Value | undefined)[];
type Filter = (value: Value, args: Given, work: Work) => Value;

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

function escape(value: Value, work: Work): Markup {
  if (value instanceof Markup) return value;
  const text = print(value, work);
  return new Markup(replaceEach(text, /[&<>'"]/g, ([character]) => ESCAPED[character] ?? character, work));
}

/** Number of items of a value. */
export function sizeOf(value: Value, work: Work): number {
  if (typeof value === 'string') return lengthOf(value, work);
  if (value instanceof Undefined) return 0;
  if (isDict(value)) return value.size;
  if (isList(value)) return value.length;
  if (value instanceof Tuple || value instanceof View) return value.items.length;
  throw new TemplateError(`${kindOf(value)} has no length`);
}

function first(value: Value, work: Work): Value {
  const item = value instanceof Lazy ? takeFirst(value, work) : iterate(value, work)[0];
  return item === undefined ? emptyItem() : item;
}

function takeFirst(value: Lazy, work: Work): Value | undefined {
  work.spend(value.size);
  return value.takeFirst();
}

function emptyItem(): Undefined {
  return new Undefined('An item of what has none');
}

function last(value: Value, work: Work): Value {
  if (value instanceof Lazy) throw new TemplateError('What is made item by item has no last item');
  const item = iterate(value, work).at(-1);
  return item === undefined ? emptyItem() : item;
}

function reversed(value: Value, work: Work): Value {
  if (typeof value === 'string') return characters(value, work).reverse().join('');
  const items = [...iterate(value, work)].reverse();
  return value instanceof Lazy ? items : new Lazy(items);
}

/** The attribute that many filters look at: its parts are entries, or places of a list. */
function getter(attribute: Value | undefined, work: Work, otherwise?: Value): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  if (typeof attribute === 'string') work.spend(attribute.length);
  const parts = typeof attribute === 'string' ? attribute.split('.') : [integerOf(attribute)];
  const keys = parts.map((part) => (typeof part === 'string' && /^\d+$/.test(part) ? Number(part) : part));
  return (item) => {
    let value = item;
    for (const key of keys) {
      value = itemOf(value, key, work);
      if (value instanceof Undefined && otherwise !== undefined && otherwise !== null) value = otherwise;
    }
    return value;
  };
}

const folded = (caseSensitive: Value | undefined, work: Work) => (value: Value) => {
  if (typeof value !== 'string') return value;
  work.text(value.length);
  return isTrue(caseSensitive ?? false) ? value : value.toLowerCase();
};

function sortBy(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  reverse: Value | undefined,
  work: Work,
): Value[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  work.spend(items.length);
  const sign = isTrue(reverse ?? false) ? -1 : 1;
  keyed.sort((a, b) => sign * compare(a.key, b.key, work));
  return keyed.map(({ item }) => item);
}

function sort(value: Value, [reverse, caseSensitive, attribute]: Given, work: Work): Value {
  if (typeof attribute === 'string') work.spend(attribute.length);
  const names = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const getters = names.map((name) => getter(name, work));
  const fold = folded(caseSensitive, work);
  return sortBy(iterate(value, work), (item) => getters.map((get) => fold(get(item))), reverse, work);
}

function dictSort(value: Value, [caseSensitive, by = 'key', reverse]: Given, work: Work): Value {
  if (!isDict(value)) throw new TemplateError(`${kindOf(value)} is no dict`);
  if (by !== 'key' && by !== 'value') throw new TemplateError('A dict is sorted by key or by value');
  const fold = folded(caseSensitive, work);
  const keyOf = (item: Value) =>
    item instanceof Tuple ? fold(item.items[by === 'key' ? 0 : 1] ?? null) : null;
  return sortBy(itemsOf(value), keyOf, reverse, work);
}

function unique(value: Value, [caseSensitive, attribute]: Given, work: Work): Value {
  const [fold, get] = [folded(caseSensitive, work), getter(attribute, work)];
  const seen: Value[] = [];
  const texts = new Set<string>();
  const kept = iterate(value, work).filter((item) => {
    const key = fold(get(item));
    if (isList(key) || isDict(key)) throw new TemplateError(`${kindOf(key)} cannot be told from others`);
    if (typeof key === 'string') return !texts.has(key) && Boolean(texts.add(key));
    return !seen.some((each) => equals(each, key, work)) && Boolean(seen.push(key));
  });
  return new Lazy(kept);
}

function groupBy(value: Value, [attribute, otherwise, caseSensitive]: Given, work: Work): Value {
  if (attribute === undefined) throw new TemplateError('groupby wants an attribute');
  const [fold, get] = [folded(caseSensitive, work), getter(attribute, work, otherwise)];
  const sorted = sortBy(iterate(value, work), (item) => fold(get(item)), false, work);
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted) {
    const key = fold(get(item));
    const group = groups.at(-1);
    if (group && equals(group.key, key, work)) group.items.push(item);
    else groups.push({ key, items: [item] });
  }
  // In any case, the case of the first of a group is shown.
  return groups.map(({ items }) => new Tuple([get(items[0] ?? null), items], ['grouper', 'list']));
}

function extreme(sign: 1 | -1): Filter {
  return (value, [caseSensitive, attribute], work) => {
    const [fold, get] = [folded(caseSensitive, work), getter(attribute, work)];
    const items = iterate(value, work);
    let best = items.length === 0 ? emptyItem() : (items[0] ?? null);
    for (const item of items) if (sign * compare(fold(get(item)), fold(get(best)), work) > 0) best = item;
    return best;
  };
}

function batch(value: Value, [size = null, fill]: Given, work: Work): Value {
  const count = integerOf(size);
  if (count < 1) throw notRendered('A batch of nothing');
  const items = iterate(value, work);
  const batches: Value[][] = [];
  for (let at = 0; at < items.length; at += count) batches.push(items.slice(at, at + count));
  const short = batches.at(-1);
  if (short && fill !== undefined && fill !== null) {
    work.spend(count);
    while (short.length < count) short.push(fill);
  }
  return new Lazy(batches);
}

function indent(value: Value, [width = 4, isFirst, blank]: Given, work: Work): Value {
  const by = typeof width === 'string' ? width : padded('', integerOf(width), 'left', ' ', work);
  const [start = '', ...lines] = splitLines(`${textOf(value)}\n`, false, work);
  work.text((lines.length + 1) * by.length);
  const others = lines.map((line) => `\n${line === '' && !isTrue(blank ?? false) ? '' : by}${line}`);
  return (isTrue(isFirst ?? false) ? by : '') + start + others.join('');
}

function truncate(value: Value, [length = 255, kill, end = '...', leeway]: Given, work: Work): Value {
  const text = textOf(value);
  const all = characters(text, work);
  const [most, tail, spare] = [integerOf(length), textOf(end), integerOf(leeway ?? 5)];
  if (most < Array.from(tail).length || spare < 0) throw new TemplateError('truncate wants a longer length');
  if (all.length <= most + spare) return text;
  const kept = all.slice(0, most - Array.from(tail).length).join('');
  const space = kept.lastIndexOf(' ');
  return (isTrue(kill ?? false) || space < 0 ? kept : kept.slice(0, space)) + tail;
}

function toInteger(given: Value, [otherwise = 0, base = 10]: Given): Value {
  const value = given instanceof Markup ? given.text : given;
  if (value instanceof Undefined) throw value.error;
  if (base !== 10) throw notRendered('An integer of another base');
  if (typeof value === 'string') {
    const digits = plainNumber(value);
    if (/^[-+]?\d+(?:_\d+)*$/.test(digits)) return exact(Number(digits.replaceAll('_', '')));
  }
  const number = typeof value === 'string' ? readFloat(value) : numberOf(value);
  return number === undefined || !Number.isFinite(number) ? otherwise : exact(Math.trunc(number));
}

function toFloat(given: Value, [otherwise = new Float(0)]: Given): Value {
  const value = given instanceof Markup ? given.text : given;
  if (value instanceof Undefined) throw value.error;
  const number = typeof value === 'string' ? readFloat(value) : numberOf(value);
  return number === undefined ? otherwise : new Float(number);
}

function plainNumber(text: string): string {
  if (text.length > 1000) throw notRendered('A number of so many digits');
  if (/[^\0-\x7f]/.test(text) && /\p{Nd}/u.test(text)) throw notRendered(`The number ${text}`);
  return text.trim();
}

function readFloat(text: string): number | undefined {
  const digits = plainNumber(text).toLowerCase();
  if (
    /^[-+]?(?:(?:\d+(?:_\d+)*)(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/.test(digits)
  )
    return Number(digits.replaceAll('_', ''));
  if (/^[-+]?inf(?:inity)?$/.test(digits)) return digits.startsWith('-') ? -Infinity : Infinity;
  return /^[-+]?nan$/.test(digits) ? Number.NaN : undefined;
}

function round(value: Value, [precision = 0, method = 'common']: Given, work: Work): Value {
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`${kindOf(value)} cannot be rounded`);
  const digits = integerOf(precision);
  if (digits < 0 || digits > 15) throw notRendered('A number rounded so');
  if (method === 'common') return value instanceof Float ? new Float(Number(fixed(number, digits))) : number;
  if (method !== 'ceil' && method !== 'floor')
    throw new TemplateError(`There is no method ${print(method, work)}`);
  return new Float(Math[method](number * 10 ** digits) / 10 ** digits);
}

function toJson(value: Value, [ascii, indentation, separators, sorted]: Given, work: Work): Value {
  const wide = indentation !== undefined && indentation !== null;
  const given =
    isList(separators ?? null) || separators instanceof Tuple ? iterate(separators ?? null, work) : undefined;
  const [item = wide ? ',' : ', ', key = ': '] = (given ?? []).map(textOf);
  return json(
    value,
    {
      ascii: isTrue(ascii ?? false),
      indent: wide
        ? typeof indentation === 'string'
          ? indentation
          : padded('', integerOf(indentation), 'left', ' ', work)
        : undefined,
      separators: [item, key],
      sorted: isTrue(sorted ?? false),
    },
    work,
  );
}

/** What is made of an escaped text is one, too. */
function markedAs(value: Value, text: string): Value {
  return value instanceof Markup ? new Markup(text) : text;
}

const asText =
  (change: (text: string, work: Work) => string, keepsMark = true): Filter =>
  (value, _, work) => {
    const text = print(value, work);
    work.text(text.length);
    return keepsMark ? markedAs(value, change(text, work)) : change(text, work);
  };

/** Filters by their names, with the names of their parameters. */
const FILTERS: Readonly<Record<string, readonly [parameters: string, filter: Filter]>> = {
  abs: ['', absolute],
  batch: ['linecount fill_with', batch],
  capitalize: ['', asText(capitalize)],
  center: [
    'width',
    (value, [width = 80], work) =>
      markedAs(value, padded(print(value, work), integerOf(width), 'both', ' ', work)),
  ],
  count: ['', (value, _, work) => sizeOf(value, work)],
  d: ['default_value boolean', orElse],
  default: ['default_value boolean', orElse],
  dictsort: ['case_sensitive by reverse', dictSort],
  e: ['', (value, _, work) => escape(value, work)],
  escape: ['', (value, _, work) => escape(value, work)],
  first: ['', (value, _, work) => first(value, work)],
  float: ['default', toFloat],
  groupby: ['attribute default case_sensitive', groupBy],
  indent: ['width first blank', indent],
  int: ['default base', toInteger],
  items: ['', (value) => new Lazy(value instanceof Undefined ? [] : itemsOf(dictOf(value)))],
  join: ['d attribute', join],
  last: ['', (value, _, work) => last(value, work)],
  length: ['', (value, _, work) => sizeOf(value, work)],
  list: ['', (value, _, work) => [...iterate(value, work)]],
  lower: ['', asText((text) => text.toLowerCase())],
  max: ['case_sensitive attribute', extreme(1)],
  min: ['case_sensitive attribute', extreme(-1)],
  replace: ['old new count', replace],
  reverse: ['', (value, _, work) => reversed(value, work)],
  round: ['precision method', round],
  safe: ['', (value, _, work) => new Markup(print(value, work))],
  sort: ['reverse case_sensitive attribute', sort],
  string: ['', (value, _, work) => (value instanceof Markup ? value : print(value, work))],
  sum: ['attribute start', sum],
  title: ['', asText(titleWords, false)],
  tojson: ['ensure_ascii indent separators sort_keys', toJson],
  trim: ['chars', (value, [chars], work) => markedAs(value, strip(print(value, work), chars, 'both', work))],
  truncate: ['length killwords end leeway', truncate],
  unique: ['case_sensitive attribute', unique],
  upper: ['', asText((text) => text.toUpperCase())],
  wordcount: ['', (value, _, work) => wordCount(print(value, work), work)],
};

/** Filters of Jinja2 that no chat needs. */
const OTHERS: ReadonlySet<string> = new Set(
  'attr filesizeformat forceescape pprint random slice striptags urlencode urlize wordwrap xmlattr'.split(
    ' ',
  ),
);

interface Choice {
  readonly byAttribute: boolean;
  readonly wanted: boolean;
}

/** What these take is the name of another filter or of a test, with its arguments. */
const CHOICES: Readonly<Record<string, Choice>> = {
  select: { byAttribute: false, wanted: true },
  reject: { byAttribute: false, wanted: false },
  selectattr: { byAttribute: true, wanted: true },
  rejectattr: { byAttribute: true, wanted: false },
};

function dictOf(value: Value) {
  if (!isDict(value)) throw new TemplateError(`${kindOf(value)} is no dict`);
  return value;
}

function absolute(value: Value): Value {
  const number = numberOf(value);
  if (number === undefined) throw new TemplateError(`${kindOf(value)} is no number`);
  return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
}

function orElse(value: Value, [otherwise = '', boolean]: Given): Value {
  return value instanceof Undefined || (isTrue(boolean ?? false) && !isTrue(value)) ? otherwise : value;
}

function join(value: Value, [separator = '', attribute]: Given, work: Work): Value {
  const get = getter(attribute, work);
  return joinTexts(
    iterate(value, work).map((item) => print(get(item), work)),
    print(separator, work),
    work,
  );
}

function replace(value: Value, [old, by, most]: Given, work: Work): Value {
  if (old === undefined || by === undefined) throw new TemplateError('replace wants two texts');
  const count = most === undefined || most === null ? -1 : integerOf(most);
  return replaceText(print(value, work), print(old, work), print(by, work), count, work);
}

function sum(value: Value, [attribute, start = 0]: Given, work: Work): Value {
  const get = getter(attribute, work);
  if (typeof start === 'string') throw new TemplateError('Texts have no sum');
  return iterate(value, work).reduce((total: Value, item) => operate('+', total, get(item), work), start);
}

function wordCount(text: string, work: Work): number {
  work.text(text.length);
  let count = 0;
  for (const _ of text.matchAll(/[\p{L}\p{N}_]+/gu)) {
    work.spend();
    count += 1;
  }
  return count;
}

function map(value: Value, positional: readonly Value[], named: Named, work: Work): Value {
  const items = iterate(value, work);
  const [name, ...args] = positional;
  if (name === undefined && named.has('attribute')) {
    const [attribute, otherwise] = bind('map', ['attribute', 'default'], [], named);
    return new Lazy(items.map(getter(attribute, work, otherwise)));
  }
  return new Lazy(items.map((item) => applyFilter(textOf(name ?? null), item, args, named, work)));
}

function choose(
  name: string,
  { byAttribute, wanted }: Choice,
  value: Value,
  positional: readonly Value[],
  work: Work,
): Value {
  if (!isTrue(value)) return new Lazy([]);
  if (byAttribute && positional.length === 0) throw new TemplateError(`${name} wants an attribute`);
  const get = byAttribute ? getter(positional[0], work) : (item: Value) => item;
  const [tested, ...args] = byAttribute ? positional.slice(1) : positional;
  const chosen = iterate(value, work).filter((item) => {
    const each = get(item);
    return (tested === undefined ? isTrue(each) : test(textOf(tested), each, args, work)) === wanted;
  });
  return new Lazy(chosen);
}

/** Whether a template can use a filter of this name. */
export function isFilter(name: string): boolean {
  return (
    Object.hasOwn(FILTERS, name) ||
    Object.hasOwn(CHOICES, name) ||
    OTHERS.has(name) ||
    /^(?:map|format)$/.test(name)
  );
}

/**
 * What a filter makes of a value.
 *
 * @throws TemplateError
 */
export function applyFilter(
  name: string,
  value: Value,
  positional: readonly Value[],
  named: Named,
  work: Work,
): Value {
  work.text(name.length);
  if (name === 'map') return map(value, positional, named, work);
  if (name === 'format') {
    if (positional.length > 0 && named.size > 0)
      throw new TemplateError('format takes either kind of arguments');
    return formatPercent(print(value, work), named.size > 0 ? new Map(named) : new Tuple(positional), work);
  }
  const choice = Object.hasOwn(CHOICES, name) ? CHOICES[name] : undefined;
  if (choice !== undefined) {
    if (named.size > 0) throw notRendered('An argument by name of a test');
    return choose(name, choice, value, positional, work);
  }
  const entry = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (entry === undefined)
    throw OTHERS.has(name)
      ? notRendered(`The filter ${name}`)
      : new TemplateError(`There is no filter ${name}`);
  const parameters = entry[0].split(' ').filter((each) => each !== '');
  return entry[1](value, bind(name, parameters, positional, named), work);
}
