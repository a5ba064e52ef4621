import { bind } from './arguments.js';
import { textMethod } from './strings.js';
import { notRendered, TemplateError } from './template-error.js';
import {
  Callable,
  equals,
  Float,
  integerOf,
  isDict,
  isList,
  keyOf,
  kindOf,
  Loop,
  Markup,
  Namespace,
  Tuple,
  Undefined,
  View,
  characters,
  characterAt,
  charactersBetween,
  lengthOf,
  type Dict,
  type Named,
  type Value,
} from './values.js';
import type { Work } from './work.js';

type Method = (positional: readonly Value[], named: Named) => Value;

/** What Python's values have beside what is made here; most of it changes them, which templates may not. */
const OTHERS = {
  dict: new Set(['clear', 'fromkeys', 'pop', 'popitem', 'setdefault', 'update']),
  list: new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']),
  number: new Set(
    'as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex imag is_integer numerator real to_bytes'.split(
      ' ',
    ),
  ),
};

function dictMethod(dict: Dict, name: string, work: Work): Method | undefined {
  const without = (method: () => Value): Method => {
    return (positional, named) => {
      bind(name, [], positional, named);
      work.spend(dict.size);
      return method();
    };
  };
  switch (name) {
    case 'get':
      return (positional, named) => {
        if (named.size > 0) throw new TemplateError('get takes no arguments by name');
        const [key, otherwise = null] = bind(name, ['key', 'default'], positional, named);
        if (key === undefined) throw new TemplateError('get wants a key');
        const found = key instanceof Undefined ? undefined : dict.get(keyOf(key, work));
        return found === undefined ? otherwise : found;
      };
    case 'items':
      return without(() => new View('dict_items', itemsOf(dict)));
    case 'keys':
      return without(() => new View('dict_keys', [...dict.keys()]));
    case 'values':
      return without(() => new View('dict_values', [...dict.values()]));
    case 'copy':
      return without(() => new Map(dict));
    default:
      return undefined;
  }
}

/** Entries of a dict, as tuples. */
export function itemsOf(dict: Dict): Tuple[] {
  return [...dict].map((entry) => new Tuple(entry));
}

function listMethod(items: readonly Value[], name: string, work: Work): Method | undefined {
  if (name !== 'count' && name !== 'index' && name !== 'copy') return undefined;
  return (positional, named) => {
    work.spend(items.length);
    const [wanted] = bind(name, name === 'copy' ? [] : ['value'], positional, named);
    if (name === 'copy') return [...items];
    if (wanted === undefined) throw new TemplateError(`${name} wants a value`);
    if (name === 'count') return items.filter((item) => equals(item, wanted, work)).length;
    const at = items.findIndex((item) => equals(item, wanted, work));
    if (at < 0) throw new TemplateError('A list does not hold what its index is asked of');
    return at;
  };
}

/** What an object of Python's has under a name, not counting the entries of a dict. */
function own(object: Value, name: string, work: Work): Value | undefined {
  if (object instanceof Undefined) throw object.error;
  if (object === null) return undefined;
  if (object instanceof Namespace) return object.entries.get(name);
  if (object instanceof Loop) return object.attribute(name);
  if (name.startsWith('__')) throw notRendered(`The attribute ${name}`);
  const asCallable = (method: Method | undefined) => method && new Callable(method);
  const refuse = (names: ReadonlySet<string>) => {
    if (names.has(name)) throw notRendered(`The attribute ${name} of ${kindOf(object)}`);
    return undefined;
  };
  if (typeof object === 'string') return asCallable(textMethod(object, name, work));
  if (isDict(object)) return asCallable(dictMethod(object, name, work)) ?? refuse(OTHERS.dict);
  if (isList(object)) return asCallable(listMethod(object, name, work)) ?? refuse(OTHERS.list);
  if (object instanceof Tuple) {
    const at = object.names.indexOf(name);
    if (at >= 0) return object.items[at];
    return name === 'copy' ? undefined : asCallable(listMethod(object.items, name, work));
  }
  if (object instanceof Float || typeof object === 'number' || typeof object === 'boolean')
    return refuse(OTHERS.number);
  throw notRendered(`The attribute ${name} of ${kindOf(object)}`);
}

/** `object.name`: what Python has under that name comes before the entry of a dict. */
export function attributeOf(object: Value, name: string, work: Work): Value {
  work.spend();
  const found = own(object, name, work);
  if (found !== undefined) return found;
  const entry = isDict(object) ? object.get(name) : undefined;
  return entry === undefined ? missing(object, name) : entry;
}

/** `object[key]`: an entry comes before what Python has under that name. */
export function itemOf(object: Value, key: Value, work: Work): Value {
  work.spend();
  if (object instanceof Undefined) throw object.error;
  if (typeof key === 'string') work.text(key.length);
  const found = entryOf(object, key, work);
  if (found !== undefined) return found;
  const named = typeof key === 'string' ? own(object, key, work) : undefined;
  return named === undefined ? missing(object, typeof key === 'string' ? key : 'An item') : named;
}

function missing(object: Value, name: string): Undefined {
  return new Undefined(`${name} of ${kindOf(object)}`);
}

function entryOf(object: Value, key: Value, work: Work): Value | undefined {
  if (isDict(object)) {
    const isKey = key === null || typeof key === 'string' || typeof key === 'number';
    if (!isKey && (key instanceof Float || typeof key === 'boolean')) return object.get(keyOf(key, work));
    return isKey ? object.get(key) : undefined;
  }
  if (object instanceof Markup) throw notRendered('A part of an escaped text');
  if (typeof object === 'string')
    return typeof key === 'number' || typeof key === 'boolean'
      ? characterAt(object, Number(key), work)
      : undefined;
  const items = sequenceOf(object);
  if (items === undefined || (typeof key !== 'number' && typeof key !== 'boolean')) return undefined;
  return items.at(Number(key));
}

/** Items of what can be indexed by place, but for texts. */
function sequenceOf(object: Value): readonly Value[] | undefined {
  if (isList(object)) return object;
  if (object instanceof Tuple) return object.items;
  return object instanceof View && object.kind === 'range' ? object.items : undefined;
}

/** `object[start:stop:step]`. */
export function sliceOf(object: Value, bounds: readonly (Value | undefined)[], work: Work): Value {
  if (object instanceof Undefined) throw object.error;
  const [start, stop, step] = [0, 1, 2].map((at) => {
    const bound = bounds[at];
    return bound === undefined || bound === null ? undefined : integerOf(bound);
  });
  if (typeof object === 'string') return sliceOfText(object, start, stop, step ?? 1, work);
  const items = sequenceOf(object);
  if (items === undefined) throw new TemplateError(`${kindOf(object)} has no slices`);
  work.spend(items.length);
  const taken = range(items.length, start, stop, step ?? 1).map((at) => items[at] ?? null);
  if (object instanceof View) throw notRendered('A slice of a range');
  return object instanceof Tuple ? new Tuple(taken) : taken;
}

function sliceOfText(
  text: string,
  start: number | undefined,
  stop: number | undefined,
  step: number,
  work: Work,
): string {
  const length = lengthOf(text, work);
  if (step === 1) {
    const [from, to] = ends(length, start, stop, step);
    return charactersBetween(text, from, to, work);
  }
  const all = characters(text, work);
  const places = range(length, start, stop, step);
  work.spend(places.length);
  return places.map((at) => all[at] ?? '').join('');
}

function range(length: number, start: number | undefined, stop: number | undefined, step: number): number[] {
  const [from, to] = ends(length, start, stop, step);
  const places: number[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) places.push(at);
  return places;
}

/** Where a slice begins and where it has ended. */
function ends(
  length: number,
  start: number | undefined,
  stop: number | undefined,
  step: number,
): [from: number, to: number] {
  if (step === 0) throw new TemplateError('A slice goes on by zero');
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (bound: number | undefined, otherwise: number) => {
    if (bound === undefined) return otherwise;
    return Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
  };
  return [place(start, step > 0 ? 0 : length - 1), place(stop, step > 0 ? length : -1)];
}
