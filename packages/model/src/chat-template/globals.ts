import { bind } from './arguments.js';
import { strftime } from './strftime.js';
import { TemplateError } from './template-error.js';
import { print } from './text.js';
import {
  Callable,
  integerOf,
  isDict,
  iterate,
  keyOf,
  Namespace,
  textOf,
  Tuple,
  View,
  isList,
  type Key,
  type Named,
  type Value,
} from './values.js';
import type { Work } from './work.js';

/** The longest range that the sandbox of Jinja2 allows. */
const LONGEST_RANGE = 100_000;

function range(positional: readonly Value[], named: Named, work: Work): View {
  const numbers = bind('range', ['start', 'stop', 'step'], positional, new Map(named)).filter(
    (each) => each !== undefined,
  );
  if (numbers.length === 0 || named.size > 0) throw new TemplateError('range takes one to three numbers');
  const given = numbers.map(integerOf);
  const [start = 0, stop = 0, step = 1] = given.length === 1 ? [0, ...given] : given;
  if (step === 0) throw new TemplateError('A range goes on by zero');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > LONGEST_RANGE) throw new TemplateError(`A range is longer than ${LONGEST_RANGE}`);
  work.spend(length);
  const items = Array.from({ length }, (_, i) => start + i * step);
  return new View('range', items, `range(${start}, ${stop}${step === 1 ? '' : `, ${step}`})`);
}

function entries(positional: readonly Value[], named: Named, work: Work): Map<Key, Value> {
  if (positional.length > 1) throw new TemplateError('dict takes one value');
  const [source] = positional;
  const pairs =
    source === undefined
      ? []
      : isDict(source)
        ? [...source]
        : iterate(source, work).map((pair): [Key, Value] => {
            const [key, value, ...others] = isList(pair) || pair instanceof Tuple ? iterate(pair, work) : [];
            if (key === undefined || value === undefined || others.length > 0)
              throw new TemplateError('dict takes pairs');
            return [keyOf(key, work), value];
          });
  work.spend(pairs.length);
  return new Map<Key, Value>([...pairs, ...named]);
}

function namespace(positional: readonly Value[], named: Named, work: Work): Namespace {
  const made = new Namespace(new Map());
  for (const [key, value] of entries(positional, named, work)) made.set(textOf(key), value);
  return made;
}

/** What every template knows: the functions of Jinja2 and of transformers. */
export function globals(work: Work, now: () => Date): Map<string, Value> {
  return new Map<string, Value>([
    ['range', new Callable((positional, named) => range(positional, named, work))],
    ['dict', new Callable((positional, named) => entries(positional, named, work))],
    ['namespace', new Callable((positional, named) => namespace(positional, named, work))],
    [
      'raise_exception',
      new Callable((positional, named) => {
        const [message = ''] = bind('raise_exception', ['message'], positional, named);
        throw new TemplateError(print(message, work));
      }),
    ],
    [
      'strftime_now',
      new Callable((positional, named) => {
        const [format = null] = bind('strftime_now', ['format'], positional, named);
        return strftime(textOf(format), now(), work);
      }),
    ],
  ]);
}
