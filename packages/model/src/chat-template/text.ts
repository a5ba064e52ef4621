import { replaceEach } from './replace-each.js';
import { notRendered } from './template-error.js';
import { Float, isDict, isList, kindOf, Markup, Tuple, Undefined, View, type Value } from './values.js';
import type { Work } from './work.js';

/** A float as Python writes it: the shortest digits that read as the same number. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${Object.is(value, -0) ? '-' : ''}${digits}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  const plain = String(value);
  return (Object.is(value, -0) ? '-0' : plain) + (Number.isInteger(value) ? '.0' : '');
}

const ESCAPED = /[\\\p{C}\p{Zl}\p{Zp}\p{Zs}]/gu;

/** A text in quotes, as Python shows it in a list. */
function quoted(text: string, work: Work): string {
  work.text(text.length);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // A mark stays as it is.
  const inside = replaceEach(
    text,
    ESCAPED,
    ([each]) => (work.plain(each) === each ? escapeCharacter(each) : each),
    work,
  );
  return quote + (quote === "'" ? inside.replaceAll("'", String.raw`\'`) : inside) + quote;
}

function escapeCharacter(character: string): string {
  if (character === ' ') return ' ';
  if (character === '\\') return '\\\\';
  const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x1_00) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x1_00_00
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** A value as Python's `repr` has it. */
function shown(value: Value, work: Work): string {
  work.spend();
  if (typeof value === 'string') return quoted(value, work);
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Markup) return `Markup(${quoted(value.text, work)})`;
  return print(value, work);
}

function shownItems(items: readonly Value[], work: Work): string {
  const text = items.map((item) => shown(item, work)).join(', ');
  work.text(text.length);
  return text;
}

/**
 * A value as it is printed.
 *
 * @throws TemplateError for functions and the like, which Python prints with their addresses
 */
export function print(value: Value, work: Work): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return '';
  if (value instanceof Markup) return value.text;
  if (isList(value)) return `[${shownItems(value, work)}]`;
  if (value instanceof Tuple)
    return `(${shownItems(value.items, work)}${value.items.length === 1 ? ',' : ''})`;
  if (isDict(value)) {
    const entries = [...value].map(([key, item]) => `${shown(key, work)}: ${shown(item, work)}`).join(', ');
    work.text(entries.length);
    return `{${entries}}`;
  }
  if (value instanceof View) return value.text ?? `${value.kind}([${shownItems(value.items, work)}])`;
  throw notRendered(`The text of ${kindOf(value)}`);
}

/** Digits behind the point that JavaScript gives exactly. */
const MOST_DIGITS = 100;

/** A number with so many digits behind the point; halves go to the even digit, as in Python. */
export function fixed(value: number, digits: number): string {
  if (!(digits >= 0 && digits <= 60) || !(Math.abs(value) < 1e21))
    throw notRendered('A number of that many digits');
  const rounded = value.toFixed(digits);
  const all = value.toFixed(MOST_DIGITS);
  const point = all.indexOf('.');
  const kept = digits === 0 ? all.slice(0, point) : all.slice(0, point + 1 + digits);
  const isHalf = /^50*$/.test(all.slice(point + 1 + digits));
  return isHalf && /[02468]$/.test(kept) ? kept : rounded;
}
