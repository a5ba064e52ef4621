import { replaceEach } from './replace-each.js';
import { TemplateError } from './template-error.js';
import { floatText } from './text.js';
import {
  compare,
  Float,
  isDict,
  isList,
  kindOf,
  Markup,
  Tuple,
  Undefined,
  type Key,
  type Value,
} from './values.js';
import type { Work } from './work.js';

/** How `tojson` writes, as `json.dumps` has it. */
export interface JsonStyle {
  readonly ascii: boolean;
  /** White space of one level; `undefined` for all in one line. */
  readonly indent: string | undefined;
  readonly separators: readonly [item: string, key: string];
  readonly sorted: boolean;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': String.raw`\"`,
  '\\': '\\\\',
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

const NOT_PLAIN = /["\\]|[^ -~]/g;
const NOT_JSON = new RegExp(String.raw`["\\\0-\x1f]`, 'g');

function textJson(text: string, { ascii }: JsonStyle, work: Work): string {
  const escape = ([unit]: RegExpExecArray) => {
    const plain = work.plain(unit);
    // A mark stays where what it stands for does.
    if (plain !== unit && / |[!#-[\]-~]/.test(plain)) return unit;
    return SHORT[plain] ?? `\\u${plain.charCodeAt(0).toString(16).padStart(4, '0')}`;
  };
  return `"${replaceEach(text, ascii ? NOT_PLAIN : NOT_JSON, escape, work)}"`;
}

function floatJson(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value);
}

/**
 * A value as JSON, as transformers has the filter `tojson`.
 *
 * @throws TemplateError for what has no JSON
 */
export function json(value: Value, style: JsonStyle, work: Work, depth = 0): string {
  work.spend();
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return textJson(value, style, work);
  if (value instanceof Markup) return textJson(value.text, style, work);
  if (value instanceof Float) return floatJson(value.value);
  const inner = (item: Value) => json(item, style, work, depth + 1);
  if (isList(value)) return wrap('[', value.map(inner), ']', style, work, depth);
  if (value instanceof Tuple) return wrap('[', value.items.map(inner), ']', style, work, depth);
  if (isDict(value)) {
    const keys = [...value.keys()];
    if (style.sorted) keys.sort((a, b) => compare(a, b, work));
    const name = (key: Key) => (typeof key === 'string' ? key : key === null ? 'null' : String(key));
    const parts = keys.map(
      (key) => textJson(name(key), style, work) + style.separators[1] + inner(value.get(key) ?? null),
    );
    return wrap('{', parts, '}', style, work, depth);
  }
  if (value instanceof Undefined) throw value.error;
  throw new TemplateError(`${kindOf(value)} has no JSON`);
}

function wrap(
  open: string,
  parts: readonly string[],
  close: string,
  { indent, separators }: JsonStyle,
  work: Work,
  depth: number,
): string {
  if (parts.length === 0) return open + close;
  const pad = (levels: number) => {
    if (indent === undefined) return '';
    work.text(indent.length * levels * parts.length);
    return `\n${indent.repeat(levels)}`;
  };
  const text = parts.join(separators[0] + pad(depth + 1));
  work.text(text.length);
  return open + pad(depth + 1) + text + pad(depth) + close;
}
